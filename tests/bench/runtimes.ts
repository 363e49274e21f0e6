/** The programs that a comparison runs: each is looked for once, and where it is missing a sentence says what to do. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A program that a comparison needs cannot run here; the message says what to do. */
export class MissingError extends Error {
  override name = "MissingError";
}

/** Where the comparison lives. */
export const bench: string = fileURLToPath(new URL("./", import.meta.url));

/** Longest time that a program may take, in milliseconds. */
const PATIENCE = 900_000;

/**
 * What a program prints. Arithmetic libraries that start threads of their own are held to one.
 *
 * @throws {MissingError} if it cannot be run or fails; with the last line it complains.
 */
export function output(command: string, args: readonly string[]): string {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" };
  try {
    return execFileSync(command, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const complaint = stderr?.trim().split("\n").findLast((line) => /\S/.test(line) && !/^\s+at /.test(line));
    throw new MissingError(`${command} ${args[0] ?? ""}: ${complaint ?? message}`);
  }
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => (found ??= { value: find() }).value;
}

/** The command that runs a script, and the arguments before its path. */
export type Runner = () => readonly string[];

/** This Deno, or the one on the path. */
export const deno: Runner = once(() => {
  const command = process.versions.deno ? process.execPath : "deno";
  return [command, "run", "--no-prompt", "--allow-read", "--allow-env"];
});

/** Bun, from the path. */
export const bun: Runner = once(() => {
  output("bun", ["--version"]);
  return ["bun"];
});

/** Node 24: this one or the one on the path if it is, else npm's package `node`. */
export const node: Runner = once(() => {
  const tell = 'process.versions.node.startsWith("24.") ? process.execPath : ""';
  const here = (() => {
    try {
      return output("node", ["-p", tell]).trim();
    } catch {
      return "";
    }
  })();
  return [here || output("npx", ["-y", "node@24", "-p", "process.execPath"]).trim()];
});

/** Debian's Python with PyTorch. */
export const pytorch: Runner = once(() => {
  for (const python of ["/usr/bin/python3", "python3"]) {
    try {
      output(python, ["-c", "import torch"]);
      return [python, `${bench}pytorch.py`];
    } catch {
      // The next one may have it.
    }
  }
  throw new MissingError("no Python here has PyTorch: apt-get install python3-torch libopenblas0-pthread");
});

/** The folder of the peers that are npm packages, installed if they are not. */
export const peers: () => string = once(() => {
  const folder = `${bench}peers/`;
  if (!existsSync(`${folder}node_modules`)) {
    console.error("compare: installing the peers into tests/bench/peers/node_modules (500 MB)");
    // Their install scripts would only download what other processors need.
    output("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]);
  }
  return folder;
});
