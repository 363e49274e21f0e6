/**
 * How much faster than others: two sides do the same job in turn, each in a process of its own and on one thread unless
 * the row says otherwise, for several rounds; prints the median of the rounds' ratios beside what we mean to reach.
 * Where a side cannot run here, its row says why.
 *
 *     deno task bench:compare [--rounds 5] [--only train,infer-tfjs] [--help]
 *
 * Needs Debian's `python3-torch`, `libopenblas0-pthread`, `chromium` and `mesa-vulkan-drivers`, npm for the peers in
 * tests/bench/peers, Bun, and MNIST in the folder `mnist` of TACET_SHARED or ../shared.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { cleanUp, type Comparison, COMPARISONS } from "./comparisons.ts";
import { median } from "./measure.ts";
import { MissingError } from "./runtimes.ts";

const HELP = `deno task bench:compare [--rounds 5] [--only NAME,...]

${COMPARISONS.map(({ name, what }) => `  ${name.padEnd(11)} ${what}`).join("\n")}`;

/** How long a round of a row takes, where it is not about 7 seconds. */
const SECONDS: Readonly<Record<string, number>> = {
  "tutorial": 35,
  "threads": 16,
  "webgpu-jax": 12,
  "webgpu-tfjs": 40,
  "deno-jax": 10,
};

/** What is asked for, or a sentence about what is wrong with it. */
function settings(args: readonly string[]): { rounds: number; chosen: readonly Comparison[]; help: boolean } | string {
  try {
    const names = COMPARISONS.map(({ name }) => name);
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string", default: "5" },
        only: { type: "string", default: names.join() },
        help: { type: "boolean", default: false },
      },
    });
    const rounds = Number(values.rounds), asked = values.only.split(",");
    const unknown = asked.find((name) => !names.includes(name));
    if (unknown !== undefined) return `--only is "${unknown}"; it takes ${names.join(", ")}`;
    if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 1000)) {
      return `--rounds is "${values.rounds}"; it takes an integer from 1 to 1000`;
    }
    return { rounds, chosen: COMPARISONS.filter(({ name }) => asked.includes(name)), help: values.help };
  } catch (error) {
    return (error as Error).message.split(/\n|\. /)[0]!;
  }
}

function figure(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

async function compare({ name, what, atLeast, ours, peer, rounds: most }: Comparison, rounds: number): Promise<void> {
  const measured: { ours: number; peer: number }[] = [];
  for (let round = 0; round < Math.min(rounds, most ?? rounds); round++) {
    measured.push({ ours: await ours(), peer: await peer() });
  }
  const ratios = measured.map((round) => round.ours / round.peer), ratio = median(ratios);
  const verdict = atLeast === undefined ? "" : `  at least ${atLeast}: ${ratio >= atLeast ? "reached" : "missed"};`;
  const rates = `${figure(median(measured.map((round) => round.ours)))} /s against ${
    figure(median(measured.map((round) => round.peer)))
  } /s`;
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `${name.padEnd(11)} ${ratio.toFixed(2).padStart(6)} (${spread})${verdict} ${rates}; ${what}`,
  );
}

const asked = settings(process.argv.slice(2));
if (typeof asked === "string") {
  console.error(`compare: ${asked}`);
  process.exitCode = 2;
} else if (asked.help) {
  console.log(HELP);
} else {
  const seconds = asked.chosen.reduce(
    (sum, { name, rounds = asked.rounds }) => sum + Math.min(rounds, asked.rounds) * (SECONDS[name] ?? 7),
    0,
  );
  console.error(`compare: this takes about ${Math.ceil(seconds / 60)} minutes`);
  try {
    for (const comparison of asked.chosen) {
      try {
        await compare(comparison, asked.rounds);
      } catch (error) {
        if (!(error instanceof MissingError)) throw error;
        console.log(`${comparison.name.padEnd(11)} not compared: ${error.message}`);
      }
    }
  } finally {
    await cleanUp();
  }
}
