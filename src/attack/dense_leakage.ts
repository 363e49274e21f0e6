/**
 * What the gradients of a dense layer with bias tell in closed form: its inputs, and, if it is the last layer, the
 * labels.
 *
 * The gradient of output o's weights is the sum over the images of dz[o] x, that of its bias the sum of dz[o]: where
 * one image alone has dz[o] != 0, their quotient is its x.
 *
 * Source: Phong et al., "Privacy-Preserving Deep Learning via Additively Homomorphic Encryption", 2018 (inputs); Zhao,
 * Mopuri and Bilen, "iDLG: Improved Deep Leakage from Gradients", 2020, and Wainakh et al., "User-Level Label Leakage
 * from Gradients in Federated Learning", 2022 (labels).
 *
 * @module
 */
import { finite, integer } from "../checks/numbers.ts";
import { type Network, type ParameterValues, type PlacedLayer, sizeOf } from "../nn/mod.ts";
import { judgeMasks } from "../nn/judge.ts";
import { checkValues } from "./checks.ts";

/** Inputs of a dense layer as its gradients reveal them. */
export interface RevealedInputs {
  /**
   * `[rows][inputs]`: of one image, one row; of a batch, one row of every output whose bias has a gradient. Inputs that
   * are not known are 0.
   */
  readonly inputs: Float32Array;
  /** `[rows][inputs]`: 1 where the gradients tell the input, 0 where all weights that would tell it are suppressed. */
  readonly known: Uint8Array;
  /** The output that gave each row; of one image, the one with the largest gradient. */
  readonly outputs: readonly number[];
  /**
   * Inputs of each row that are not 0. Behind ReLU the rows of single images have fewer than those that mix several
   * images, so rows with the fewest come first.
   */
  readonly active: readonly number[];
}

/** Options of {@link revealedInputs}. */
export interface RevealedInputsOptions {
  /** Images of the step; default 1. */
  readonly images?: number;
  /** The dense layer; by default the first of the network. */
  readonly layerName?: string;
  /** Masks of a suppressed network as `model.masks()` gives them: suppressed weights tell nothing. Default none. */
  readonly masks?: Readonly<Record<string, Uint8Array>>;
}

/** A dense layer's gradients: of its weight `[outputs][inputs]` and, if it has one, of its bias. */
interface DenseGradients {
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly inputs: number;
}

/**
 * The gradients of a parameter, by its place in the network.
 *
 * @throws {RangeError} if they are missing, not as many as the parameter's values, or not finite.
 */
export function gradientOf(network: Network, gradients: ParameterValues, parameter: number): Float32Array {
  const { name } = network.parameters[parameter]!, values = gradients[name];
  if (!values) throw new RangeError(`gradients lacks ${name} of the network`);
  checkValues(network, "gradients", name, values);
  return values;
}

function denseGradients(
  network: Network,
  { parameters: { weight, bias }, inputShape }: PlacedLayer,
  gradients: ParameterValues,
) {
  return {
    weight: gradientOf(network, gradients, weight!),
    bias: bias === undefined ? undefined : gradientOf(network, gradients, bias),
    inputs: sizeOf(inputShape),
  } satisfies DenseGradients;
}

/** Inputs and which of them are known. */
interface Row {
  readonly output: number;
  readonly inputs: Float32Array;
  readonly known: Uint8Array;
}

/**
 * The inputs x that best explain weight gradients b[o] x of the given outputs, those of living weights only: least
 * squares, exact without noise and best where there is a little.
 */
function explained(
  { weight, inputs }: DenseGradients,
  bias: Float32Array,
  mask: Uint8Array | undefined,
  outputs: readonly number[],
): Row {
  const sums = new Float64Array(inputs), squares = new Float64Array(inputs);
  for (const output of outputs) {
    const factor = bias[output]!;
    for (let i = 0; i < inputs; i++) {
      const at = output * inputs + i;
      if (mask && !mask[at]) continue;
      sums[i]! += factor * weight[at]!;
      squares[i]! += factor * factor;
    }
  }
  const output = outputs.reduce((best, o) => Math.abs(bias[o]!) > Math.abs(bias[best]!) ? o : best);
  return {
    output,
    inputs: Float32Array.from(sums, (sum, i) => squares[i]! > 0 ? sum / squares[i]! : 0),
    known: Uint8Array.from(squares, (square) => Number(square > 0)),
  };
}

/**
 * The inputs of a dense layer with bias that the gradients of one training step reveal: exactly, if the step was over
 * one image; of a batch, every output gives a row, which is exact if that output is active (behind ReLU, or by its
 * gradient) for one image only, else a mixture of several.
 *
 * Where the layer is the network's first, its inputs are the image. Behind convolutions they are features, which {@link
 * ImageInversionAttack} and {@link LearnedDecoder} invert further.
 *
 * @param gradients by the parameters' names: their mean over the images of the step
 * @throws {RangeError} if the layer is not there, is not dense or has no bias; gradients are missing, not as many as
 * the parameters or not finite; masks are not the network's; all gradients of the bias are 0, or so small beside those
 * of the weights that an input is too large for float32.
 * @example
 * ```ts
 * import { dense, flatten, revealedInputs, sequential } from "@tacet/tacet";
 * const network = sequential([1, 1, 2], [flatten(), dense({ outputs: 2 })]);
 * const gradients = { "fc1.weight": Float32Array.of(0.25, 0.125, -0.25, -0.125), "fc1.bias": Float32Array.of(0.5, -0.5) };
 * console.log(revealedInputs(network, gradients).inputs); // Float32Array [0.5, 0.25]
 * ```
 */
export function revealedInputs(
  network: Network,
  gradients: ParameterValues,
  options: RevealedInputsOptions = {},
): RevealedInputs {
  const images = integer("images", options.images ?? 1), { layerName, masks = {} } = options;
  const placed = network.layers.find(({ name, layer }) => layerName ? name === layerName : layer.kind === "dense");
  if (placed?.layer.kind !== "dense" || placed.parameters.bias === undefined) {
    const those = network.layers.filter(({ layer, parameters }) =>
      layer.kind === "dense" && parameters.bias !== undefined
    );
    throw new RangeError(
      `${layerName ?? "the first dense layer"} is no dense layer with bias; ` +
        (those.length > 0 ? `those are ${those.map(({ name }) => name).join(", ")}` : "the network has none"),
    );
  }
  const dense = denseGradients(network, placed, gradients), bias = dense.bias!;
  for (const [name, mask] of Object.entries(masks)) checkValues(network, "masks", name, mask);
  judgeMasks(network.parameters, masks);
  const mask = masks[network.parameters[placed.parameters.weight!]!.name];
  const outputs = Array.from(bias.keys()).filter((output) => bias[output] !== 0);
  if (outputs.length === 0) throw new RangeError(`all gradients of ${placed.name}.bias are 0: they reveal nothing`);
  const together = images === 1 ? [outputs] : outputs.map((output) => [output]);
  const rows = together.map((some) => explained(dense, bias, mask, some))
    .map((row) => ({ ...row, active: row.inputs.reduce((sum, x) => sum + Number(x !== 0), 0) }))
    .sort((a, b) => a.active - b.active || Math.abs(bias[b.output]!) - Math.abs(bias[a.output]!));
  for (const { output, inputs } of rows) finite(`the inputs that output ${output} of ${placed.name} reveals`, inputs);
  const all = {
    inputs: new Float32Array(rows.length * dense.inputs),
    known: new Uint8Array(rows.length * dense.inputs),
  };
  rows.forEach(({ inputs, known }, row) => {
    all.inputs.set(inputs, row * dense.inputs);
    all.known.set(known, row * dense.inputs);
  });
  return { ...all, outputs: rows.map(({ output }) => output), active: rows.map(({ active }) => active) };
}

/**
 * How the gradient of each class falls: the sum over the images of its probability, less 1 for each image of that
 * class; to a positive factor.
 */
function classGradients(network: Network, gradients: ParameterValues, images: number): Float64Array {
  const last = network.layers.at(-1)!;
  if (last.layer.kind !== "dense") {
    throw new RangeError(`the network ends in ${last.name}, not in a dense layer: the labels must be given`);
  }
  const { weight, bias, inputs } = denseGradients(network, last, gradients);
  if (bias) return Float64Array.from(bias, (gradient) => gradient * images);
  if (images > 1) throw new RangeError(`${last.name} has no bias: the labels of several images must be given`);
  // Of one image, row o is (probability - label) x: against the largest row, the label's has the other sign than all
  // others.
  const rows = Array.from({ length: weight.length / inputs }, (_, o) => weight.subarray(o * inputs, (o + 1) * inputs));
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  // The label's row is the longest: its length is the sum of all the others'.
  const longest = rows.reduce((best, row) => dot(row, row) > dot(best, best) ? row : best);
  return Float64Array.from(rows, (row) => -dot(row, longest));
}

/**
 * The labels of the images of one training step by softmax cross entropy, from the gradient of the network's last
 * layer, in ascending order.
 *
 * For one image it is exact: only its label's gradient is negative. In a batch every class with a negative gradient is
 * there; which occur more than once is guessed from how far each lies below what even probabilities would give, rightly
 * while the network knows little, less so when it is trained.
 *
 * @param gradients by the parameters' names: their mean over the images of the step
 * @param images of the step; default 1
 * @throws {RangeError} if the network does not end in a dense layer, or, for several images, that has no bias; if
 * gradients are missing, not as many as the parameters or not finite.
 * @example
 * ```ts
 * import { dense, flatten, revealedLabels, sequential } from "@tacet/tacet";
 * const network = sequential([1, 1, 1], [flatten(), dense({ outputs: 3 })]);
 * const gradients = { "fc1.weight": new Float32Array(3), "fc1.bias": Float32Array.of(0.2, -0.5, 0.3) };
 * console.log(revealedLabels(network, gradients)); // [1]
 * ```
 */
export function revealedLabels(network: Network, gradients: ParameterValues, images = 1): number[] {
  const falling = classGradients(network, gradients, integer("images", images)), classes = falling.length;
  const counts = new Float64Array(classes);
  // Classes with a negative gradient come first, however near they are; then by what is missing of the expected number.
  const missing = (c: number) => images / classes - falling[c]! - counts[c]!;
  const need = (c: number) => falling[c]! < 0 && counts[c] === 0 ? 2 * images - falling[c]! : missing(c);
  for (let image = 0; image < images; image++) {
    let most = 0;
    for (let c = 1; c < classes; c++) if (need(c) > need(most)) most = c;
    counts[most]!++;
  }
  return Array.from(counts, (count, label) => Array<number>(count).fill(label)).flat();
}
