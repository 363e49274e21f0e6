/** What the benchmark times. */
import {
  Dataset,
  drawnDigits,
  type Engine,
  EngineError,
  ImageInversionAttack,
  lenet5,
  openEngine,
  pixels,
  type Program,
  sgd,
  sliceNetwork,
} from "../../mod.ts";
import { importRates } from "./fresh_process.ts";
import { repeatedRates, type Timed } from "./measure.ts";
import { registerPeak } from "./peak.ts";
import { operations, silence } from "./silence.ts";

/** What a case is timed at. */
export interface CaseSettings {
  readonly engine: Engine;
  readonly batch: number;
  readonly sparsity: number;
}

/** Settings that some cases do not depend on. */
export type Setting = "engine" | "threads" | "batch" | "sparsity";

/** A case of work. */
export interface Case {
  /** What the unit of work is, for people. */
  readonly unit: string;
  /** Settings that change the figure; at the others' first values it is timed once. */
  readonly dependsOn: readonly Setting[];
  /** Units of work per second in each of so many runs. */
  rates(settings: CaseSettings, runs: number): Promise<number[]>;
}

function repeated(
  unit: string,
  dependsOn: readonly Setting[],
  prepare: (settings: CaseSettings) => Promise<Timed>,
): Case {
  return { unit, dependsOn, rates: async (settings, runs) => await repeatedRates(await prepare(settings), runs) };
}

async function silencedProgram(
  { engine, batch, sparsity }: CaseSettings,
  gradients: "none" | "parameters",
): Promise<Program> {
  const program = engine.program(lenet5(), { batchSize: batch, gradients });
  await silence(program.parameters, sparsity);
  return program;
}

/** The data of a case: four batches, taken in turn. */
function batches(batch: number): { dataset: Dataset; next: () => Int32Array } {
  const dataset = new Dataset(drawnDigits(4 * batch), { size: [32, 32], shuffleBuffer: 0 });
  const all = [...dataset.epoch(1, batch)].map((indices) => indices.slice());
  let turn = 0;
  return { dataset, next: () => all[turn++ % all.length]! };
}

const GRID = ["engine", "threads", "batch", "sparsity"] as const;

/** Every case by its name. */
export const cases: Readonly<Record<string, Case>> = {
  train: repeated("training steps, each with its data work: gather, forward, backward, update", GRID, async (at) => {
    const program = await silencedProgram(at, "parameters");
    const { dataset, next } = batches(at.batch);
    // So small that the network stays the same, so that every step has the same work to do.
    const optimizer = sgd({ lr: 1e-6 });
    const run = () => {
      program.load(dataset, next());
      program.trainStep(optimizer);
      return program.pressure() as Promise<void> | undefined;
    };
    return { units: 1, run };
  }),
  infer: repeated("batches from images in place to outputs read", GRID, async (at) => {
    const program = await silencedProgram(at, "none");
    const { dataset, next } = batches(at.batch);
    program.load(dataset, next());
    const run = async () => {
      program.forward();
      await program.output();
    };
    return { units: 1, run };
  }),
  invert: repeated("images inverted by the tutorial's attack of 100 iterations", GRID, async (at) => {
    const { engine, batch } = at;
    const parameters = await (await silencedProgram({ ...at, batch: 1 }, "none")).parameters.values();
    const network = sliceNetwork(lenet5(), "relu3");
    const attack = new ImageInversionAttack({ engine, network, parameters, lossWeights: [1, 0.1, 5] });
    const { dataset, next } = batches(batch);
    const targets = await attack.features(await pixels(engine, dataset, [...next()]));
    return { units: batch, run: async () => void await attack.generate(targets) };
  }),
  suppress: repeated("suppress operations over all masked layers", ["engine", "sparsity"], async (at) => {
    const { parameters } = at.engine.program(lenet5(), { batchSize: 1, gradients: "parameters" });
    return { units: 1, run: await operations(parameters, at.sparsity) };
  }),
  open: repeated("engines opened in a running process, each with the training program", ["engine"], (at) => {
    const { name: engine, build } = at.engine;
    const options = engine === "webgpu" ? { engine } : { engine, build: build as "relaxed" };
    const run = async () =>
      void (await openEngine(options)).program(lenet5(), { batchSize: at.batch, gradients: "parameters" });
    return Promise.resolve({ units: 1, run });
  }),
  import: {
    unit: "imports of the library with an engine opened, each in a fresh process; its start does not count",
    dependsOn: [],
    rates: async (_, runs) => await importRates(runs),
  },
  peak: repeated("floating-point operations of one core in registers", ["engine"], ({ engine: { name, build } }) => {
    if (name !== "wasm") {
      throw new EngineError("the peak is that of wasm instructions, which the reference engine does not use");
    }
    return Promise.resolve(registerPeak(build as "relaxed" | "simd128"));
  }),
};
