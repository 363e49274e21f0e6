/** What the benchmark times: each case makes a function to call again and again, and says how many units of work a call does. */
import {
  Dataset,
  drawnDigits,
  type Engine,
  ImageInversionAttack,
  lenet5,
  lenet5MaskLayers,
  openEngine,
  type ParameterStore,
  type Program,
  sgd,
  sliceNetwork,
} from "../../mod.ts";

/** A case at its settings, ready to be timed. */
export interface Timed {
  /** Does the work once. */
  readonly run: () => void | Promise<void>;
  /** Units of work in a run: steps, batches, images, operations, openings. */
  readonly units: number;
}

/** What a case is timed at. */
export interface CaseSettings {
  readonly engine: Engine;
  readonly batch: number;
  readonly sparsity: number;
}

/** Masks every masked layer of the tutorial to the sparsity, smallest magnitudes first. */
async function silence(parameters: ParameterStore, sparsity: number): Promise<void> {
  if (sparsity === 0) return;
  for (const { layerName } of lenet5MaskLayers()) {
    parameters.addMask(layerName);
    const count = (await parameters.values())[layerName]!.length;
    await parameters.suppressApproximate(layerName, { rank: Math.floor(count * sparsity), first: true, lr: 1 });
  }
  parameters.clearDeWeights();
  parameters.applyMasks();
}

async function programAt(
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

/** Every case by its name. */
export const cases: Readonly<Record<string, (settings: CaseSettings) => Promise<Timed>>> = {
  /** A training step with its data work: gather, forward, backward, update. */
  async train(settings) {
    const program = await programAt(settings, "parameters");
    const { dataset, next } = batches(settings.batch);
    const optimizer = sgd({ lr: 1e-6 });
    return {
      units: 1,
      run: () => {
        program.load(dataset, next());
        program.trainStep(optimizer);
      },
    };
  },
  /** A batch forward, the images already in place. */
  async infer(settings) {
    const program = await programAt(settings, "none");
    const { dataset, next } = batches(settings.batch);
    program.load(dataset, next());
    return { units: 1, run: () => program.forward() };
  },
  /** Images inverted by the tutorial's attack of 100 iterations. */
  async invert(settings) {
    const { engine, batch } = settings;
    const program = await programAt(settings, "none");
    const network = sliceNetwork(lenet5(), "relu3");
    const attack = new ImageInversionAttack({ engine, network, parameters: await program.parameters.values() });
    const targets = new Float32Array(batch * 120).fill(0.5);
    return { units: batch, run: async () => void await attack.generate(targets) };
  },
  /** A suppress operation over all masked layers. */
  async suppress(settings) {
    const program = await programAt({ ...settings, sparsity: 0 }, "parameters");
    const { parameters } = program;
    for (const { layerName } of lenet5MaskLayers()) parameters.addMask(layerName);
    const rule = { lr: 0.05, isLowerClip: true, isAddNoise: true, upperBound: 1.2, seed: 1, stream: 1 };
    return {
      units: 1,
      run: async () => {
        for (const { layerName, minNum } of lenet5MaskLayers()) {
          if (layerName === "fc1.weight" || layerName === "fc2.weight") {
            await parameters.suppressApproximate(layerName, { rank: 20, first: false, lr: 0.05 });
          } else await parameters.suppressExact(layerName, { ...rule, minNum, stop: 50 });
        }
      },
    };
  },
  /** Opening the engine and making the training program. */
  open({ engine, batch }) {
    const options = { engine: engine.name, build: engine.build as "relaxed" | "simd128" };
    const run = async () =>
      void (await openEngine(options)).program(lenet5(), { batchSize: batch, gradients: "parameters" });
    return Promise.resolve({ units: 1, run });
  },
};
