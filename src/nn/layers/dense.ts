/**
 * The fully connected layer.
 *
 * @module
 */
import { integer } from "../../checks/numbers.ts";
import type { Initializer } from "../initializers.ts";
import type { LayerKind } from "./kind.ts";
import { type LayerOptions, named, weightAndBias, weighted, type WeightedOptions } from "./options.ts";

/** A fully connected layer. */
export interface DenseLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "dense";
  /** Number of outputs. */
  readonly outputs: number;
  /** Whether each output has a bias. */
  readonly bias: boolean;
  /** Distribution of the weight's first values. */
  readonly weightInit: Initializer;
  /** Distribution of the bias's first values; unused without a bias. */
  readonly biasInit: Initializer;
}

/** Options of {@link dense}. */
export interface DenseOptions extends WeightedOptions {
  /** Number of outputs. */
  readonly outputs: number;
}

/**
 * A fully connected layer: `[inputs]` to `[outputs]`. Its weight is `[outputs][inputs]`.
 *
 * @throws {RangeError} if `outputs` is no positive integer.
 * @example
 * ```ts
 * import { dense } from "@tacet/tacet";
 * const layer = dense({ outputs: 10 });
 * ```
 */
export function dense(options: DenseOptions): DenseLayer {
  return {
    kind: "dense",
    ...named(options),
    outputs: integer("dense: outputs", options.outputs),
    ...weighted(options),
  };
}

/** Its row in the table of layers. */
export const denseKind: LayerKind<DenseLayer> = {
  prefix: "fc",
  units: { resized: (layer, outputs) => ({ ...layer, outputs }) },
  outputShape(name, { outputs }, input) {
    if (input.length === 1) return [outputs];
    throw new RangeError(`${name} needs a flat input, but the layer before gives [${input}]: put flatten() between`);
  },
  parameters: (layer, [inputs]) => weightAndBias(layer, [layer.outputs, inputs]),
  multiplyAdds: ({ outputs }, [inputs]) => outputs * inputs,
};
