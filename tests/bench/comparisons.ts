/** What is compared with what: the rows of the table that says how fast we mean to be. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTask } from "./peers/task.ts";
import type { TrainingRates } from "./peers/training.ts";
import type { TutorialReport } from "./tutorial.ts";
import { bench, bun, deno, MissingError, node, output, peers, pytorch, type Runner } from "./runtimes.ts";
import { webgpuTraining } from "./webgpu_training.ts";

/** One of the two sides: its units of work per second, measured now. */
export type Side = () => number | Promise<number>;

/** A row: two sides that do the same job. */
export interface Comparison {
  /** By which `--only` chooses it. */
  readonly name: string;
  /** What is compared, for people. */
  readonly what: string;
  /** What the ratio is to be at least; without it, the row says what could be reached. */
  readonly atLeast?: number;
  readonly ours: Side;
  readonly peer: Side;
  /** At most so many rounds; default as many as asked for. */
  readonly rounds?: number;
}

function rate(text: string): number {
  const value = Number(text.trim().split("\n").at(-1));
  if (!(value > 0)) throw new MissingError(`a peer printed ${JSON.stringify(text)} instead of a rate`);
  return value;
}

/** A case of the benchmark in a runtime, in a process of its own. */
function ours(name: string, flags: readonly string[] = [], runner: Runner = deno): Side {
  const args = ["--case", name, "--threads", "1", "--batch", "32", "--sparsity", "0", "--runs", "3", "--json"];
  return () => {
    const [command, ...before] = runner() as [string, ...string[]];
    const line = output(command, [...before, `${bench}bench.ts`, ...args, ...flags]);
    if (line === "") throw new MissingError(`${command} cannot run the case ${name} ${flags.join(" ")}`);
    return (JSON.parse(line) as { perSecond: number }).perSecond;
  };
}

/** A case of PyTorch for some seconds. */
function torch(name: string, seconds: number): Side {
  return () => {
    const [command, script] = pytorch() as [string, string];
    return rate(output(command, [script, name, String(seconds)]));
  };
}

let folder: string | undefined;

/** A peer of inference that is an npm package, in Node: the runtime these packages are made for. */
function npm(script: string): Side {
  return async () => {
    const path = join(peers(), script);
    if (!folder) await writeTask(folder = mkdtempSync(join(tmpdir(), "tacet-peers-")));
    return rate(output(node()[0]!, [path, folder]));
  };
}

/** Removes what the peers were given. */
export async function cleanUp(): Promise<void> {
  if (folder) await rm(folder, { recursive: true });
}

/** The tutorial's suppressed training, whole, in steps per second. */
function tutorial(): number {
  const [command, ...before] = deno() as [string, ...string[]];
  const line = output(command, [...before, `${bench}tutorial.ts`]);
  const { seconds, steps, operations, sparsity, accuracy } = JSON.parse(line) as TutorialReport;
  console.error(
    `  tutorial: ${steps} steps with ${operations} operations in ${seconds.toFixed(1)} s; sparsity ${
      sparsity.toFixed(3)
    }, test accuracy ${accuracy}`,
  );
  return steps / seconds;
}

type TwoThreads = Readonly<Record<"one" | "two" | "independent", number>>;
/** What `two_threads.ts` measured, each time: two rows come of it. */
const twoThreads: TwoThreads[] = [];
/** How many of them the second row has told. */
let reported = 0;

function measureTwoThreads(): TwoThreads {
  const [command, ...before] = deno() as [string, ...string[]];
  twoThreads.push(JSON.parse(output(command, [...before, `${bench}two_threads.ts`])) as TwoThreads);
  return twoThreads.at(-1)!;
}

/** Training on WebGPU in a runtime, ours and a peer's in turn: both are measured at once. */
function onWebGpu(runtime: "chromium" | "deno", peer: "jax" | "tfjs"): { readonly ours: Side; readonly peer: Side } {
  let measured: TrainingRates;
  return { ours: async () => (measured = await webgpuTraining(runtime, peer)).ours, peer: () => measured.peer };
}

/** Every row. The rates of ours are those of Deno unless it says otherwise. */
export const COMPARISONS: readonly Comparison[] = [
  { name: "train", what: "dense training step / PyTorch", atLeast: 1.5, ours: ours("train"), peer: torch("train", 1) },
  {
    name: "train-95",
    what: "training step at 95 % sparsity / PyTorch, dense",
    atLeast: 6,
    ours: ours("train", ["--sparsity", "0.95"]),
    peer: torch("train", 1),
  },
  {
    name: "threads",
    what: "dense training step, 2 threads / 1 thread",
    atLeast: 1.7,
    ours: () => measureTwoThreads().two,
    peer: () => twoThreads.at(-1)!.one,
  },
  {
    name: "two-of-us",
    what: "the same of 2 independent programs, in the same rounds: the most that 2 threads could give",
    ours: () => (reported < twoThreads.length ? twoThreads[reported]! : measureTwoThreads()).independent,
    peer: () => twoThreads[reported++]!.one,
  },
  { name: "infer", what: "inference / PyTorch", atLeast: 1.5, ours: ours("infer"), peer: torch("infer", 1) },
  { name: "infer-tfjs", what: "inference / TF.js wasm", atLeast: 1.5, ours: ours("infer"), peer: npm("tfjs.ts") },
  {
    name: "infer-web",
    what: "inference / onnxruntime-web",
    atLeast: 1.5,
    ours: ours("infer"),
    peer: npm("onnxruntime_web.ts"),
  },
  {
    name: "infer-95",
    what: "inference at 95 % sparsity / onnxruntime-node, dense",
    atLeast: 1,
    ours: ours("infer", ["--sparsity", "0.95"]),
    peer: npm("onnxruntime_node.ts"),
  },
  {
    name: "invert",
    what: "inverting 200 images, 100 iterations / PyTorch one by one",
    atLeast: 15,
    ours: ours("invert", ["--batch", "200"]),
    peer: torch("invert", 1.5),
  },
  {
    name: "tutorial",
    what:
      "the tutorial's suppressed training, whole / PyTorch's 18,750 dense steps alone (extrapolated from 5 s of them)",
    atLeast: 3,
    ours: tutorial,
    peer: torch("train", 5),
    rounds: 3,
  },
  {
    name: "bun",
    what: "dense training step, Bun / Deno",
    atLeast: 0.8,
    ours: ours("train", [], bun),
    peer: ours("train"),
  },
  {
    name: "node",
    what: "dense training step, Node 24 / Deno",
    atLeast: 0.8,
    ours: ours("train", [], node),
    peer: ours("train"),
  },
  {
    name: "webgpu-jax",
    what: "dense training step on WebGPU in Chromium / jax-js",
    atLeast: 5,
    ...onWebGpu("chromium", "jax"),
  },
  {
    name: "webgpu-tfjs",
    what: "dense training step on WebGPU in Chromium / TF.js",
    atLeast: 30,
    ...onWebGpu("chromium", "tfjs"),
  },
  { name: "deno-jax", what: "dense training step on WebGPU in Deno / jax-js", atLeast: 5, ...onWebGpu("deno", "jax") },
];
