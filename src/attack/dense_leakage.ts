/**
 * What the gradients of a dense layer with bias tell in closed form: its inputs, and, if it is the last layer, the labels.
 *
 * The gradient of output o's weights is the sum over the images of dz[o] x, that of its bias the sum of dz[o]: where one image alone has dz[o] != 0, their quotient is its x.
 *
 * Source: Phong et al., "Privacy-Preserving Deep Learning via Additively Homomorphic Encryption", 2018 (inputs); Zhao, Mopuri and Bilen, "iDLG: Improved Deep Leakage from Gradients", 2020, and Wainakh et
 * al., "User-Level Label Leakage from Gradients in Federated Learning", 2022 (labels).
 *
 * @module
 */
import { type Network, type ParameterValues, type PlacedLayer, sizeOf } from "../nn/mod.ts";

/** Inputs of a dense layer as its gradients reveal them. */
export interface RevealedInputs {
  /** `[rows][inputs]`: of one image, one row; of a batch, one row of every output whose bias has a gradient. */
  readonly inputs: Float32Array;
  /** The output that gave each row; of one image, the one that tells most. */
  readonly outputs: readonly number[];
  /**
   * Inputs of each row that are not 0. Behind ReLU the rows of single images have fewer than those that mix several images, so rows with the fewest come first.
   */
  readonly active: readonly number[];
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
  const { name, shape } = network.parameters[parameter]!, values = gradients[name];
  if (!values) throw new RangeError(`gradients lacks ${name} of the network`);
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(`the gradient of ${name} has ${values.length} values; it must have ${sizeOf(shape)}`);
  }
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new RangeError(`the gradient of ${name} is ${values[wrong]} at ${wrong}; it must be finite`);
  return values;
}

function denseGradients(network: Network, { weight, bias, inputShape }: PlacedLayer, gradients: ParameterValues) {
  return {
    weight: gradientOf(network, gradients, weight!),
    bias: bias === undefined ? undefined : gradientOf(network, gradients, bias),
    inputs: sizeOf(inputShape),
  } satisfies DenseGradients;
}

/** A positive whole number of images. */
export function checkImages(images: number): number {
  if (!Number.isSafeInteger(images) || images < 1) {
    throw new RangeError(`images is ${images}; it must be a positive integer`);
  }
  return images;
}

/** One image's inputs x from weight gradients b[o] x: the least squares over all outputs, best also where there is a little noise. */
function singleInput({ weight, inputs }: DenseGradients, bias: Float32Array): Float64Array {
  const sums = new Float64Array(inputs);
  let squares = 0;
  bias.forEach((factor, output) => {
    squares += factor * factor;
    for (let i = 0; i < inputs; i++) sums[i]! += factor * weight[output * inputs + i]!;
  });
  return sums.map((sum) => sum / squares);
}

/**
 * The inputs of a dense layer with bias that the gradients of one training step reveal: exactly, if the step was over one image; of a batch, every output gives a row, which is exact if that output is
 * active (behind ReLU, or by its gradient) for one image only, else a mixture of several.
 *
 * Where the layer is the network's first, its inputs are the image. Behind convolutions they are features, which {@link ImageInversionAttack} and {@link LearnedDecoder} invert further.
 *
 * @param gradients by the parameters' names: their mean over the images of the step
 * @param options `images` of the step, default 1; `layerName`, by default the first dense layer
 * @throws {RangeError} if the layer is not there, is not dense or has no bias; gradients are missing, not as many as the parameters or not finite; all gradients of the bias are 0.
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
  options: { readonly images?: number; readonly layerName?: string } = {},
): RevealedInputs {
  const images = checkImages(options.images ?? 1), { layerName } = options;
  const placed = network.layers.find(({ name, layer }) => layerName ? name === layerName : layer.kind === "dense");
  if (placed?.layer.kind !== "dense" || placed.bias === undefined) {
    const those = network.layers.filter(({ layer, bias }) => layer.kind === "dense" && bias !== undefined);
    throw new RangeError(
      `${layerName ?? "the first dense layer"} is no dense layer with bias; ` +
        (those.length > 0 ? `those are ${those.map(({ name }) => name).join(", ")}` : "the network has none"),
    );
  }
  const dense = denseGradients(network, placed, gradients), { weight, inputs } = dense, bias = dense.bias!;
  const outputs = Array.from(bias.keys()).filter((output) => bias[output] !== 0);
  if (outputs.length === 0) throw new RangeError(`all gradients of ${placed.name}.bias are 0: they reveal nothing`);
  const strongest = outputs.reduce((best, o) => Math.abs(bias[o]!) > Math.abs(bias[best]!) ? o : best);
  const rows = images === 1
    ? [{ output: strongest, row: Float32Array.from(singleInput(dense, bias)) }]
    : outputs.map((output) => ({
      output,
      row: weight.slice(output * inputs, (output + 1) * inputs).map((value) => value / bias[output]!),
    }));
  const sorted = rows.map((row) => ({ ...row, active: row.row.reduce((sum, x) => sum + Number(x !== 0), 0) }))
    .sort((a, b) => a.active - b.active || Math.abs(bias[b.output]!) - Math.abs(bias[a.output]!));
  const all = new Float32Array(sorted.length * inputs);
  sorted.forEach(({ row }, index) => all.set(row, index * inputs));
  return { inputs: all, outputs: sorted.map(({ output }) => output), active: sorted.map(({ active }) => active) };
}

/** How the gradient of each class falls: the sum over the images of its probability, less 1 for each image of that class; to a positive factor. */
function classGradients(network: Network, gradients: ParameterValues, images: number): Float64Array {
  const last = network.layers.at(-1)!;
  if (last.layer.kind !== "dense") {
    throw new RangeError(`the network ends in ${last.name}, not in a dense layer: the labels must be given`);
  }
  const { weight, bias, inputs } = denseGradients(network, last, gradients);
  if (bias) return Float64Array.from(bias, (gradient) => gradient * images);
  if (images > 1) throw new RangeError(`${last.name} has no bias: the labels of several images must be given`);
  // Of one image, row o is (probability - label) x: against the largest row, the label's has the other sign than all others.
  const rows = Array.from({ length: weight.length / inputs }, (_, o) => weight.subarray(o * inputs, (o + 1) * inputs));
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  // The label's row is the longest: its length is the sum of all the others'.
  const longest = rows.reduce((best, row) => dot(row, row) > dot(best, best) ? row : best);
  return Float64Array.from(rows, (row) => -dot(row, longest));
}

/**
 * The labels of the images of one training step by softmax cross entropy, from the gradient of the network's last layer, in ascending order.
 *
 * For one image it is exact: only its label's gradient is negative. In a batch every class with a negative gradient is there; which occur more than once is guessed from how far each lies below what
 * even probabilities would give, rightly while the network knows little, less so when it is trained.
 *
 * @param gradients by the parameters' names: their mean over the images of the step
 * @param images of the step; default 1
 * @throws {RangeError} if the network does not end in a dense layer, or, for several images, that has no bias; if gradients are missing, not as many as the parameters or not finite.
 * @example
 * ```ts
 * import { dense, flatten, revealedLabels, sequential } from "@tacet/tacet";
 * const network = sequential([1, 1, 1], [flatten(), dense({ outputs: 3 })]);
 * const gradients = { "fc1.weight": new Float32Array(3), "fc1.bias": Float32Array.of(0.2, -0.5, 0.3) };
 * console.log(revealedLabels(network, gradients)); // [1]
 * ```
 */
export function revealedLabels(network: Network, gradients: ParameterValues, images = 1): number[] {
  const falling = classGradients(network, gradients, checkImages(images)), classes = falling.length;
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
