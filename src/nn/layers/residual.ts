/**
 * Residual connections: a branch of layers whose output is added to its input.
 *
 * @module
 */
import { type LayerOptions, named } from "./options.ts";
import type { Layer } from "./table.ts";

/**
 * A branch of layers, and its input added to its output; in a network's list it becomes its layers and the sum
 * behind them.
 */
export interface Residual extends LayerOptions {
  /** Tells it from layers. */
  readonly kind: "residual";
  /** The branch, at least one; of the same shape behind as in front. */
  readonly layers: readonly NetworkPart[];
}

/** What a network is made from: layers, and residuals of such. */
export type NetworkPart = Layer | Residual;

/**
 * The sum of a branch and its input: x + layers(x). In the network's list the layers of the branch stand one after the
 * other, numbered like all others, and behind them the sum: add1, add2. A residual may hold others.
 *
 * Units that are added up (outputs, channels) belong to all layers that make them. Such layers are suppressed by
 * weight, not by unit.
 *
 * @param layers the branch, at least one; it must give the shape that it takes
 * @param options `name` of the sum
 * @throws {RangeError} if there is no layer.
 * @example
 * ```ts
 * import { conv2d, dense, flatten, relu, residual, sequential } from "@tacet/tacet";
 * const same = () => conv2d({ channels: 8, kernel: 3, padding: 1 });
 * const layers = [same(), relu(), residual([same(), relu(), same()]), relu(), flatten(), dense({ outputs: 10 })];
 * console.log(sequential([1, 8, 8], layers).layers.map(({ name }) => name).join(" "));
 * // conv1 relu1 conv2 relu2 conv3 add1 relu3 flatten fc1
 * ```
 */
export function residual(layers: readonly NetworkPart[], options: LayerOptions = {}): Residual {
  if (layers.length === 0) throw new RangeError("residual: layers is empty; a branch needs at least one layer");
  return { kind: "residual", ...named(options), layers };
}
