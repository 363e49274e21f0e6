/**
 * Residual connections: a branch of layers whose output is added to its input.
 *
 * @module
 */
import { ELEMENTWISE, type LayerKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";
import type { Layer } from "./table.ts";

/**
 * The sum of what the layer before gives and of another layer's input, element for element: where a {@link residual}
 * ends, among the layers of a network.
 */
export interface AddLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "add";
  /** The name of the layer whose input is the other summand: the first of the branch. */
  readonly from: string;
}

/**
 * A branch of layers, and its input added to its output; in a network's list it becomes its layers and an
 * {@link AddLayer}.
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

/** The sum's row in the table of layers. */
export const addKind: LayerKind<AddLayer> = {
  ...ELEMENTWISE,
  prefix: "add",
  units: { joins: true },
  outputShape(name, { from }, input, inputOf) {
    const other = inputOf(from);
    if (!other) throw new RangeError(`${name} adds the input of ${from}, but no layer before it has that name`);
    if (input.join() === other.join()) return input;
    throw new RangeError(
      `${name}: the branch from ${from} on takes [${other}], but gives [${input}]; they are added, so they must be ` +
        "the same: as many outputs as inputs, and padding that keeps rows and columns",
    );
  },
};
