/**
 * Threaded work over and over in every runtime that has threads, while all processors are kept busy: prints how often
 * bits differed from those of one thread, and fails if any did.
 *
 *     deno task stress [--repetitions 300] [--only NAME] [--busy 2]
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs, promisify } from "node:util";
import { openBrowser } from "../runtimes/browsers.ts";
import { bundle } from "../runtimes/bundle.ts";
import { aligned } from "../runtimes/table.ts";
import { checkout, install, program } from "../runtimes/tools.ts";
import type { Stress } from "./work.ts";

const HERE = "tests/stress/here.ts";
const HELP =
  `Threaded work over and over in every runtime that has threads, compared with one thread, on a busy machine.

  --repetitions N  how often in each runtime (300)
  --only NAME      only runtimes whose name begins so (may be repeated): Deno, Node 24, Bun, Chromium, Firefox
  --busy N         processes that do nothing but keep the processors busy (twice as many as there are processors)`;

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "300" },
    only: { type: "string", multiple: true, default: [] },
    busy: { type: "string", default: String(2 * availableParallelism()) },
    help: { type: "boolean", default: false },
  },
});

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`--${name} is ${text}; it must be a whole number of at least ${least}`);
  }
  return value;
}

const DENO = [process.versions.deno ? process.execPath : "deno", ["run", "--no-check", "--allow-env"]] as const;

async function inProcess(path: string, args: readonly string[], repetitions: number): Promise<Stress> {
  const options = { cwd: checkout, env: { ...process.env, NO_COLOR: "1" } };
  const { stdout } = await promisify(execFile)(path, [...args, HERE, String(repetitions)], options);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Stress;
}

async function inPage(kind: "Chromium" | "Firefox", repetitions: number): Promise<Stress> {
  const browser = await openBrowser(kind, true, `${kind}, isolated`);
  try {
    const source = `import { stress } from "../stress/work.ts"; export const result = () => stress(${repetitions});`;
    return await browser.evaluate<Stress>(await bundle(source));
  } finally {
    await browser.close();
  }
}

const RUNTIMES: Readonly<Record<string, (repetitions: number) => Promise<Stress>>> = {
  "Deno": (n) => inProcess(...DENO, n),
  "Node 24": (n) => inProcess(program("node24/bin/node"), [], n),
  "Bun": (n) => inProcess(program("bun/bin/bun.exe"), ["run"], n),
  "Chromium, isolated": (n) => inPage("Chromium", n),
  "Firefox, isolated": (n) => inPage("Firefox", n),
};

/**
 * A process that keeps a processor busy as long as this one lives. Each is a session of its own: systems that share
 * time out by session would else hold all of them back for one browser.
 */
function keepBusy(): ChildProcess {
  const [path, args] = DENO;
  return spawn(path, [...args, "tests/stress/busy.ts"], {
    cwd: checkout,
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

/** A row of the table. */
function row(name: string, one: Stress): string[] {
  return [
    name,
    String(one.repetitions),
    String(one.differences.length),
    String(one.errors.length),
    `${one.helped} of ${one.repetitions}`,
    String(one.shares),
    `${one.unhelped} of ${one.machines}`,
    `${one.median.toFixed(0)} ms`,
    `${one.longest.toFixed(0)} ms`,
  ];
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const repetitions = whole("repetitions", values.repetitions, 1), busy = whole("busy", values.busy, 0);
  const chosen = Object.entries(RUNTIMES).filter(([name]) => {
    return values.only.length === 0 || values.only.some((start) => name.startsWith(start));
  });
  if (chosen.length === 0) throw new RangeError("no runtime has such a name; see --help");
  install();
  const busyOnes = Array.from({ length: busy }, () => keepBusy());
  const rows = [[
    "runtime",
    "repetitions",
    "differences",
    "ThreadErrors",
    "helped by odd threads",
    "their shares",
    "machines never helped",
    "median",
    "longest",
  ]];
  // However this ends; one that the system has stopped would not heed a gentler signal.
  process.on("exit", () => busyOnes.forEach((one) => one.kill("SIGKILL")));
  for (const [name, run] of chosen) {
    const start = performance.now(), one = await run(repetitions);
    console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    for (const what of [...one.differences, ...one.errors]) console.error(`${name}: ${what}`);
    if (one.differences.length > 0 || one.errors.length > 0) process.exitCode = 1;
    rows.push(row(name, one));
  }
  console.log(aligned(rows));
}

await main();
// The bundler's service would keep the process.
process.exit();
