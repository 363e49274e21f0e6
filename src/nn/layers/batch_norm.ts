/**
 * Batch normalisation.
 *
 * @module
 */
import { positive } from "../../checks/numbers.ts";
import { ones, zeros } from "../initializers.ts";
import { sizeOf } from "../shape.ts";
import { ELEMENTWISE, type LayerKind } from "./kind.ts";
import { type LayerOptions, named } from "./options.ts";

/** Each channel, or feature, at mean 0 and variance 1, then scaled and shifted. */
export interface BatchNormLayer extends LayerOptions {
  /** Tells this layer from the others. */
  readonly kind: "batchNorm";
  /** The share of a batch's statistics in the running ones behind its step. */
  readonly momentum: number;
  /** What is added to a variance: keeps the quotient defined. */
  readonly epsilon: number;
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions extends LayerOptions {
  /** The share of a batch's statistics in the running ones, above 0 and at most 1; default 0.1. */
  readonly momentum?: number;
  /** What is added to a variance; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Batch normalisation of each channel of `[channels][height][width]`, or of each feature of `[features]`:
 * y = weight (x - mean) / sqrt(variance + epsilon) + bias, as PyTorch's BatchNorm2d and BatchNorm1d.
 *
 * In a step of training (`trainStep`, `regressStep`, `gradients`) mean and variance are those of the batch, over its
 * images and a channel's places; a batch with one value a channel has none, which is a RangeError. The update moves the
 * running statistics: running += momentum (batch - running), with the variance over one value fewer. Elsewhere
 * (`forward`, `losses`, `eval`, inversion) they stand in for those of the batch, so that an image's output depends on
 * no other.
 *
 * Its parameters are `weight` (1 at first) and `bias` (0), which are trained, and `running_mean` (0) and `running_var`
 * (1), which are not: no optimizer, mask or noise touches them. All are called as in PyTorch, so that the `state_dict`
 * of a network whose layers have the same names is restored as it is; `num_batches_tracked` there is not needed.
 *
 * `exportModel` folds it into the convolution or dense layer directly in front of it. It cannot be trained by `dpSgd`:
 * the gradient of an example then depends on the others of its batch, so that clipping it bounds nothing.
 *
 * Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
 * shift", 2015.
 *
 * @throws {RangeError} if `momentum` is not above 0 and at most 1, or `epsilon` is not positive and finite.
 * @example
 * ```ts
 * import { batchNorm, conv2d, dense, flatten, relu, sequential } from "@tacet/tacet";
 * const convolution = conv2d({ channels: 8, kernel: 3, bias: false });
 * const network = sequential([1, 28, 28], [convolution, batchNorm(), relu(), flatten(), dense({ outputs: 10 })]);
 * console.log(network.parameters[3]?.name); // norm1.running_mean
 * ```
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  const { momentum = 0.1, epsilon = 1e-5 } = options;
  if (!(momentum > 0 && momentum <= 1)) {
    throw new RangeError(`batchNorm: momentum is ${momentum}; it must be above 0 and at most 1`);
  }
  return { kind: "batchNorm", ...named(options), momentum, epsilon: positive("batchNorm: epsilon", epsilon) };
}

/** Its row in the table of layers. It makes something of 0, unless a unit's own weight and bias are 0. */
export const batchNormKind: LayerKind<BatchNormLayer> = {
  ...ELEMENTWISE,
  prefix: "norm",
  units: { keepsZero: false, silencers: ["weight", "bias"] },
  mixesImages: true,
  parameters: (_layer, [channels]) => [
    { role: "weight", shape: [channels], initial: ones()(1, 1) },
    { role: "bias", shape: [channels], initial: zeros()(1, 1) },
    { role: "running_mean", shape: [channels], initial: zeros()(1, 1), trained: false },
    { role: "running_var", shape: [channels], initial: ones()(1, 1), trained: false, least: 0 },
  ],
  multiplyAdds: (_layer, input) => sizeOf(input),
};
