/** A small network, images for it, and the inversion attack on what its layers give. */
import {
  conv2d,
  dense,
  type EngineOptions,
  flatten,
  ImageInversionAttack,
  type ImageInversionAttackOptions,
  maxPool2d,
  type Network,
  openEngine,
  relu,
  sequential,
  sizeOf,
  sliceNetwork,
} from "../../mod.ts";
import { draws } from "./draws.ts";

/** A classifier of 2 x 12 x 10, so that no two sizes are equal. */
export const SMALL = sequential([2, 12, 10], [
  conv2d({ channels: 6, kernel: 3, padding: 1 }),
  relu(),
  maxPool2d(),
  flatten(),
  dense({ outputs: 40 }),
  relu(),
  dense({ outputs: 10 }),
], { seed: 3 });

/** Images for a network. */
export function drawn(count: number, seed: number, network: Network, high = 1): Float32Array {
  return draws(count * sizeOf(network.inputShape), seed, 0, high);
}

/** An attack on the features behind a layer of an untrained network. */
export async function inversionOn(
  options: EngineOptions,
  network: Network,
  layer: string,
  more: Partial<ImageInversionAttackOptions> = {},
): Promise<ImageInversionAttack> {
  const engine = await openEngine(options);
  const parameters = await engine.parameters(network.parameters, network.seed).values();
  return new ImageInversionAttack({ engine, network: sliceNetwork(network, layer), parameters, ...more });
}

/** The images from `from` on, `count` of them. */
export function some(values: Float32Array, total: number, from: number, count = 1): Float32Array {
  const size = values.length / total;
  return values.subarray(from * size, (from + count) * size);
}
