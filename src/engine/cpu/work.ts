/**
 * How much arithmetic a network takes, and how many threads that is worth.
 *
 * @module
 */
import { kindOf } from "../../nn/layers/table.ts";
import type { Network } from "../../nn/mod.ts";
import { lanesOf } from "../lanes.ts";

/** Multiply-adds of a network's forward pass for one image, zeros counted like other weights. */
export function multiplyAdds(network: Network): number {
  return network.layers.reduce(
    (sum, { layer, inputShape, outputShape }) => sum + kindOf(layer).multiplyAdds(layer, inputShape, outputShape),
    0,
  );
}

/**
 * Multiply-adds of a forward pass over all lanes that are worth a further thread: LeNet-5 over 8 lanes, the fewest
 * there are, has 3.3 million, and trains 1.5 times as fast on two.
 */
const WORTH_A_THREAD = 3e6;

/** The number of threads, up to `available`, that a program gains from. */
export function helpfulThreads(network: Network, batchSize: number, available: number): number {
  return Math.min(available, 1 + Math.floor(multiplyAdds(network) * lanesOf(batchSize) / WORTH_A_THREAD));
}
