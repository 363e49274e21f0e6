/**
 * The benchmark: how often per second each case of work is done. Medians of several runs after a warm-up; compare figures of one run only.
 *
 *     deno task bench [--case train,infer] [--batch 1,32] [--sparsity 0,0.95] [--build relaxed,simd128] [--runs 5] [--json]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { openEngine } from "../../mod.ts";
import { cases, type Timed } from "./cases.ts";

const { values } = parseArgs({
  options: {
    case: { type: "string", default: Object.keys(cases).join() },
    batch: { type: "string", default: "32" },
    sparsity: { type: "string", default: "0" },
    build: { type: "string", default: "relaxed,simd128" },
    runs: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});

/** Units of work per second, over about `seconds`. */
async function rate({ run, units }: Timed, seconds: number): Promise<number> {
  const start = performance.now();
  let done = 0, elapsed = 0;
  do {
    const waiting = run();
    if (waiting) await waiting;
    done += units;
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return done / elapsed;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

for (const name of values.case.split(",")) {
  const prepare = cases[name];
  if (!prepare) {
    console.error(`bench: --case is ${name}; there are ${Object.keys(cases).join(", ")}`);
    process.exit(2);
  }
  for (const build of values.build.split(",") as ("relaxed" | "simd128")[]) {
    const engine = await openEngine({ engine: "wasm", build });
    for (const batch of values.batch.split(",").map(Number)) {
      for (const sparsity of values.sparsity.split(",").map(Number)) {
        const timed = await prepare({ engine, batch, sparsity });
        await rate(timed, 0.5);
        const runs: number[] = [];
        for (let i = 0; i < Number(values.runs); i++) runs.push(await rate(timed, 0.3));
        const perSecond = median(runs);
        const row = { case: name, engine: engine.name, build, threads: 1, batch, sparsity, perSecond, runs };
        if (values.json) console.log(JSON.stringify(row));
        else {
          const settings = `${name.padEnd(9)} ${build.padEnd(8)} batch ${String(batch).padStart(3)} sparsity ${
            sparsity.toFixed(2)
          }`;
          const spread = `${Math.min(...runs).toFixed(1)} to ${Math.max(...runs).toFixed(1)}`;
          console.log(`${settings} ${perSecond.toFixed(1).padStart(9)} /s  (${spread})`);
        }
      }
    }
  }
}
