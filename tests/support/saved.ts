/** Checkpoints of a small network, written by hand, and models that take them. */
import {
  type Checkpoint,
  conv2d,
  dense,
  type EngineOptions,
  flatten,
  Model,
  type Network,
  openEngine,
  type Optimizer,
  relu,
  sequential,
  sgd,
  sizeOf,
} from "../../mod.ts";

/** Weights of two ranks and biases, [2,1,2,3], [2], [3,8], [3]. */
export const SMALL = sequential([1, 3, 4], [
  conv2d({ channels: 2, kernel: [2, 3] }),
  relu(),
  flatten(),
  dense({ outputs: 3 }),
]);
export const NAMES = SMALL.parameters.map(({ name }) => name);

export type Saved = Record<string, { shape: readonly number[]; data: Float32Array }>;

/** Every parameter filled with 1, 2, 3..., from `first` on. */
export function saved(network: Network, first = 1, rename = (name: string) => name): Saved {
  return Object.fromEntries(network.parameters.map(({ name, shape }) => {
    return [rename(name), { shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => first + i) }];
  }));
}

export const checkpoint = (parameters: Saved, more: Partial<Checkpoint> = {}): Checkpoint => ({
  parameters,
  masks: {},
  step: 7,
  settings: {},
  ...more,
});

export async function modelOn(
  options: EngineOptions,
  network: Network = SMALL,
  optimizer: Optimizer = sgd({ lr: 0.1 }),
) {
  return new Model({ engine: await openEngine(options), network, optimizer });
}

/** All that a refused restore must leave as it was. */
export const stateOf = async (model: Model) => [await model.parameters(), await model.masks(), model.steps];

export const without = (parameters: Saved, ...names: string[]): Saved =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));

export const ONES = { shape: [1], data: Float32Array.of(1) };
