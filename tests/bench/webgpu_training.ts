/** Runs `peers/training.ts` in Chromium or in Deno, with the packages of the peers. */
import { rm, writeFile } from "node:fs/promises";
import { find, runPage } from "../gpu/browser.ts";
import type { TrainingRates } from "./peers/training.ts";
import { deno, MissingError, output, peers } from "./runtimes.ts";

/** How each peer's packages are imported, which type-checking is to do without, and how its training is timed. */
const PEERS = {
  jax: `import * as jax from "@jax-js/jax";
import { jaxTraining } from "./jax_training.ts";
const time = () => timeTraining((task) => jaxTraining(jax, task), 4);`,
  // A step of TensorFlow.js takes so long that waiting for each costs nothing.
  tfjs: `import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-webgpu";
import { tfjsTraining } from "./tfjs_training.ts";
const time = () => timeTraining((task) => tfjsTraining(tf, task), 1);`,
};

/** The module of a page, or of a process; it lies beside the packages while it is needed. */
const module = (peer: keyof typeof PEERS) =>
  `import { timeTraining } from "./training.ts";
${PEERS[peer]}
const inPage = globalThis.Deno === undefined;
const post = (body) => fetch("/result", { method: "POST", body: JSON.stringify(body) });
const tell = (body) => inPage ? post(body) : console.log(JSON.stringify(body));
try {
  await tell(await time());
} catch (error) {
  await tell({ error: String(error) });
}
if (inPage) await post({ done: true });
else Deno.exit(0);
`;

/** Has Deno take the packages from where npm has put them. */
const FLAGS = ["--node-modules-dir=manual"];

async function inRuntime(runtime: "chromium" | "deno", entry: string): Promise<Record<string, unknown>> {
  if (runtime === "deno") {
    const [command, ...before] = deno() as [string, ...string[]];
    const lines = output(command, [...before, ...FLAGS, entry]).trim().split("\n");
    return JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  }
  const path = find("chromium");
  if (!path) throw new MissingError("Chromium is not installed: apt-get install chromium");
  let told: Record<string, unknown> = { error: "the page told nothing" };
  await runPage("chromium", path, entry, "", (body) => told = body, { flags: FLAGS });
  return told;
}

/**
 * Steps per second of ours and of a peer on the runtime's adapter, which may compute in software.
 *
 * @throws {MissingError} if either cannot run.
 */
export async function webgpuTraining(runtime: "chromium" | "deno", peer: keyof typeof PEERS): Promise<TrainingRates> {
  const entry = `${peers()}training_entry.js`;
  await writeFile(entry, module(peer));
  try {
    const told = await inRuntime(runtime, entry);
    if (told.error !== undefined) throw new MissingError(`${peer} in ${runtime}: ${told.error}`);
    return told as unknown as TrainingRates;
  } finally {
    await rm(entry);
  }
}
