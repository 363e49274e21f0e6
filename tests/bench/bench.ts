/**
 * The benchmark: how often per second each case of work is done. Medians of several runs after a warm-up; compare
 * figures of one run only. `--help` lists the flags.
 *
 *     deno task bench --case train,infer --batch 32 --sparsity 0,0.95
 */
import process from "node:process";
import { type Engine, type EngineOptions, openEngine } from "../../mod.ts";
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { type BenchSettings, buildsOf, HELP, parseArguments, UsageError } from "./arguments.ts";
import { type Case, cases, type Setting } from "./cases.ts";
import { lineOf, trainingDispatches } from "./dispatches.ts";
import { usefulFlops } from "./flops.ts";
import { median, repeatedRates, RUN, WARM_UP } from "./measure.ts";
import { registerPeak } from "./peak.ts";

/** A figure, as `--json` prints it. */
interface Row {
  readonly case: string;
  readonly engine: string;
  readonly build: string;
  readonly threads: number;
  readonly batch: number;
  readonly sparsity: number;
  readonly perSecond: number;
  readonly runs: readonly number[];
  readonly peakFraction?: number;
}

/** Floating-point operations per second of one core, by build; measured when first needed. */
const peaks = new Map<string, number>();

async function peakOf({ name, build }: Engine): Promise<number | undefined> {
  if (name !== "wasm") return undefined;
  let peak = peaks.get(build);
  if (peak === undefined) {
    // The best run: what disturbs a measurement only ever lowers it.
    peak = Math.max(...await repeatedRates(registerPeak(build as "relaxed" | "simd128"), 5));
    peaks.set(build, peak);
    console.error(`peak of one core in registers (${build}): ${(peak / 1e9).toFixed(1)} GFLOP/s`);
  }
  return peak;
}

/** The values of a setting at which a case is timed: where it does not depend on it, one. */
function values(timed: Case, setting: Setting, asked: readonly number[], otherwise: number): readonly number[] {
  return timed.dependsOn.includes(setting) ? asked : [otherwise];
}

/** Where on the grid a case is timed. */
interface Place {
  readonly threads: number;
  readonly batch: number;
  readonly sparsity: number;
}

function places(timed: Case, settings: BenchSettings): Place[] {
  return values(timed, "threads", settings.threads, 1).flatMap((threads) =>
    values(timed, "batch", settings.batches, 32).flatMap((batch) =>
      values(timed, "sparsity", settings.sparsities, 0).map((sparsity) => ({ threads, batch, sparsity }))
    )
  );
}

function print(row: Row, json: boolean): void {
  if (json) return console.log(JSON.stringify(row));
  const { perSecond, runs, peakFraction } = row;
  const figure = (value: number) => value >= 1e7 ? value.toExponential(3) : value.toFixed(1);
  const place = `${row.case.padEnd(8)} ${row.build.padEnd(7)} threads ${row.threads} batch ${
    String(row.batch).padStart(3)
  } sparsity ${row.sparsity.toFixed(2)}`;
  const fraction = peakFraction === undefined ? "" : `  ${(100 * peakFraction).toFixed(0)} % of the peak`;
  const spread = `(${figure(Math.min(...runs))} to ${figure(Math.max(...runs))})`;
  console.log(`${place} ${figure(perSecond).padStart(11)} /s  ${spread}${fraction}`);
}

async function timeCase(
  name: string,
  engine: Engine,
  place: Place,
  { runs: count, json }: BenchSettings,
): Promise<void> {
  const { threads, batch, sparsity } = place;
  const runs = await cases[name]!.rates({ engine, batch, sparsity }, count);
  const perSecond = median(runs);
  const flops = sparsity === 0 ? usefulFlops(name, batch) : undefined;
  const peak = flops === undefined ? undefined : await peakOf(engine);
  const fraction = peak === undefined ? {} : { peakFraction: perSecond * flops! / (peak * threads) };
  print({ case: name, engine: engine.name, build: engine.build, ...place, perSecond, runs, ...fraction }, json);
}

/** The cases on one engine and number of threads. */
async function timeCases(names: readonly string[], engine: Engine, threads: number, settings: BenchSettings) {
  for (const name of names) {
    try {
      for (const place of places(cases[name]!, settings)) {
        if (place.threads === threads) await timeCase(name, engine, place, settings);
      }
    } catch (error) {
      // NotCapable: Deno was not given the permission to run other processes.
      const { name: kind, message, stack } = error as Error, foreseen = ["EngineError", "NotCapable"].includes(kind);
      console.error(`bench: skipped ${name}: ${foreseen ? message : stack}`);
      if (!foreseen) process.exitCode = 1;
    }
  }
}

/** What each dispatch of a training step costs. */
async function printDispatches({ batches: [batch = 32], json }: BenchSettings): Promise<void> {
  const gpu = runtimeGpu();
  for (const dispatch of gpu ? await trainingDispatches(gpu, batch) : []) {
    console.log(json ? JSON.stringify({ case: "dispatch", batch, ...dispatch }) : lineOf(dispatch));
  }
}

/** About how long all this takes, in seconds: an inversion of many images is longer than a run. */
function expected(settings: BenchSettings): number {
  const one = (name: string, batch: number) =>
    (name === "invert" ? batch / 250 : 0) + WARM_UP +
    settings.runs * Math.max(RUN, name === "invert" ? batch / 400 : 0);
  const seconds = settings.cases.flatMap((name) =>
    places(cases[name]!, settings).map(({ batch }) => one(name, batch) + 0.1)
  );
  const builds = settings.engines.flatMap((engine) => buildsOf(engine, settings)).length;
  return builds * seconds.reduce((sum, value) => sum + value, 0);
}

async function bench(settings: BenchSettings): Promise<void> {
  const seconds = expected(settings);
  const time = seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  const slow = settings.engines.includes("reference") ? " and far longer for the reference engine, which is slow" : "";
  console.error(`bench: this takes about ${time}${slow}`);
  const threads = [
    ...new Set(settings.cases.flatMap((name) => places(cases[name]!, settings)).map((at) => at.threads)),
  ];
  let names = settings.cases;
  for (const name of settings.engines) {
    for (const build of buildsOf(name, settings)) {
      for (const count of name === "webgpu" ? threads.slice(0, 1) : threads) {
        const options = { engine: name, ...(build && { build }), ...(name !== "webgpu" && { threads: count }) };
        let engine: Engine;
        try {
          engine = await openEngine(options as EngineOptions);
        } catch (error) {
          console.error(`bench: nothing is timed with ${JSON.stringify(options)}: ${(error as Error).message}`);
          continue;
        }
        await timeCases(names, engine, count, settings);
      }
      if (name === "webgpu" && names.includes("train")) await printDispatches(settings);
      names = names.filter((other) => cases[other]!.dependsOn.includes("engine"));
    }
  }
}

try {
  const settings = parseArguments(process.argv.slice(2));
  if (settings === "help") console.log(HELP.trimEnd());
  else await bench(settings);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
