/**
 * Training of LeNet-5 on WebGPU by us and by a peer, in turn, in one page or process: the same images, the same first
 * parameters, plain gradient descent at batch 32.
 */
import { Dataset, drawnDigits, lenet5, openEngine, pixels, sgd } from "../../../mod.ts";
import { median, repeatedRates } from "../measure.ts";

/** What all sides train. */
export interface TrainingTask {
  readonly batch: number;
  /** `[batch][1][32][32]`. */
  readonly images: Float32Array;
  readonly labels: readonly number[];
  readonly parameters: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>;
  readonly rate: number;
}

/** A side. */
export interface Training {
  /** Enqueues a training step. */
  step(): void;
  /** The loss of the last step, once that is done. */
  loss(): Promise<number>;
}

/** Steps per second of ours and of the peer. */
export interface TrainingRates {
  readonly ours: number;
  readonly peer: number;
}

const BATCH = 32, RATE = 0.01;

async function ours(): Promise<{ training: Training; task: TrainingTask }> {
  const engine = await openEngine({ engine: "webgpu" }), network = lenet5({ seed: 1 });
  const dataset = new Dataset(drawnDigits(BATCH), { size: [32, 32] }), indices = [...Array(BATCH).keys()];
  const program = engine.program(network, { batchSize: BATCH, gradients: "parameters" });
  const values = await program.parameters.values();
  const task = {
    batch: BATCH,
    images: await pixels(engine, dataset, indices),
    labels: indices.map((i) => dataset.source.labels[i]!),
    parameters: Object.fromEntries(
      network.parameters.map(({ name, shape }) => [name, { shape, values: values[name]! }]),
    ),
    rate: RATE,
  };
  const optimizer = sgd({ lr: RATE });
  // Gathering and resizing the images is part of our step; the peers find theirs in place.
  const step = () => {
    program.load(dataset, indices);
    program.trainStep(optimizer);
  };
  return { training: { step, loss: () => program.loss() }, task };
}

/**
 * Times both sides in turn. A run of the peer's is so many steps.
 *
 * @throws {Error} if the peer's losses are not ours: then it does another job.
 */
export async function timeTraining(
  prepare: (task: TrainingTask) => Promise<Training>,
  steps: number,
): Promise<TrainingRates> {
  const { training, task } = await ours(), peer = await prepare(task);
  for (let step = 0; step < 3; step++) {
    training.step();
    peer.step();
    const losses = [await training.loss(), await peer.loss()] as const;
    if (!(Math.abs(losses[0] - losses[1]) < 1e-3)) throw new Error(`the losses are ${losses}`);
  }
  // Each run waits for its loss: rates of work done, not of work enqueued.
  const rates = ({ step, loss }: Training, units: number) => {
    const run = async () => {
      for (let i = 0; i < units; i++) step();
      await loss();
    };
    return repeatedRates({ units, run }, 1);
  };
  const all: Record<"ours" | "peer", number[]> = { ours: [], peer: [] };
  for (let turn = 0; turn < 3; turn++) {
    all.ours.push(...await rates(training, 4));
    all.peer.push(...await rates(peer, steps));
  }
  return { ours: median(all.ours), peer: median(all.peer) };
}
