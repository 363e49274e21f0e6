/**
 * The sum of two activations.
 *
 * @module
 */
import { ELEMENTWISE, type LayerKind } from "./kind.ts";
import type { LayerOptions } from "./options.ts";

/**
 * The sum of what the layer before gives and of another layer's input, element for element: where a residual
 * ends, among the layers of a network.
 */
export interface AddLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "add";
  /** The name of the layer whose input is the other summand: the first of the branch. */
  readonly from: string;
}

/** Its row in the table of layers. */
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
