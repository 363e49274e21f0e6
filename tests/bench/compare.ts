/**
 * How much faster than PyTorch: both do the same case in turn, for several rounds, one thread each; prints the median of the rounds' ratios. Needs Debian's `python3-torch`.
 *
 *     deno task bench:compare [--rounds 5]
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });

/** Our case and sparsity, and the peer's case with what one of its units is worth. */
const COMPARISONS = [
  { name: "dense training step", ours: ["train", "0"], peer: "train" },
  { name: "training step at 95 %", ours: ["train", "0.95"], peer: "train" },
  { name: "inference, dense", ours: ["infer", "0"], peer: "infer" },
  { name: "inference at 95 %", ours: ["infer", "0.95"], peer: "infer" },
  { name: "inversion of an image", ours: ["invert", "0"], peer: "invert" },
] as const;

function run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

for (const { name, ours, peer } of COMPARISONS) {
  const rounds: { ours: number; peer: number }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const options = ["--case", ours[0], "--sparsity", ours[1], "--build", "relaxed", "--runs", "3", "--json"];
    const line = run(process.execPath, ["run", "tests/bench/bench.ts", ...options]);
    const rate = run("/usr/bin/python3", ["tests/bench/pytorch.py", peer, "1.0"], { OPENBLAS_NUM_THREADS: "1" });
    rounds.push({ ours: (JSON.parse(line) as { perSecond: number }).perSecond, peer: Number(rate) });
  }
  const ratio = median(rounds.map((round) => round.ours / round.peer));
  const rates = `${median(rounds.map((r) => r.ours)).toFixed(0)} /s against ${
    median(rounds.map((r) => r.peer)).toFixed(0)
  } /s`;
  console.log(`${name.padEnd(24)} ${ratio.toFixed(2).padStart(6)} times PyTorch  (${rates})`);
}
