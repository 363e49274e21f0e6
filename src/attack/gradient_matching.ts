/**
 * How far the gradients of images are from gradients that were seen, and which way the images must go to come nearer.
 *
 * The distance D depends on the images x through the gradient g(x) of the loss L by the parameters p. With v = dD/dg,
 *
 *     dD/dx = d<v, g(x)>/dx = d/de dL(x; p + e v)/dx at e = 0:
 *
 * how the loss's gradient by the images changes when the parameters go along v. Two passes with p + e v and p - e v
 * give it; no second derivative of any layer is needed.
 *
 * @module
 */
import type { Engine, Program } from "../engine/engine.ts";
import type { Network, ParameterValues } from "../nn/mod.ts";

/**
 * "euclidean": the sum of squared differences (Zhu, Liu and Han 2019). "cosine": 1 minus the cosine of the angle
 * between all gradients together (Geiping et al. 2020).
 */
export type GradientDistance = "euclidean" | "cosine";

/** Known values and masks of a network. */
export interface KnownParameters {
  /** The values at which the gradients were taken. */
  readonly parameters: ParameterValues;
  /** Which weights are kept (1) and which suppressed (0); parameters without a mask are kept whole. */
  readonly masks: Readonly<Record<string, Uint8Array>>;
}

/**
 * |e v| / |p|. Greater steps curve and cross more of the kinks of ReLU and pooling, smaller ones drown in the rounding
 * of float32.
 */
const STEP = 1e-4;

/** The inner product of two lists of arrays. */
function product(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0;
  a.forEach((left, k) => {
    const right = b[k]!;
    for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  });
  return sum;
}

/** a x + b y, element for element. */
function combine(a: number, x: readonly Float32Array[], b: number, y: readonly Float32Array[]): Float32Array[] {
  return x.map((values, k) => {
    const others = y[k]!, out = new Float32Array(values.length);
    for (let i = 0; i < out.length; i++) out[i] = a * values[i]! + b * others[i]!;
    return out;
  });
}

/** The distance, and along v = factor (a g + b target) its derivative by g. */
function distanceOf(kind: GradientDistance, g: readonly Float32Array[], target: readonly Float32Array[]) {
  const own = product(g, g), seen = product(target, target), both = product(g, target);
  if (kind === "euclidean") return { distance: own - 2 * both + seen, ofGradient: 2, ofTarget: -2 };
  const lengths = Math.sqrt(own * seen);
  // Images without a gradient have no direction: nothing tells where to go.
  if (lengths === 0) return { distance: 1, ofGradient: 0, ofTarget: 0 };
  return { distance: 1 - both / lengths, ofGradient: both / lengths / own, ofTarget: -1 / lengths };
}

/** A network at known parameters, its gradients, and their distances from others. */
export class GradientMatching {
  readonly #names: readonly string[];
  readonly #values: readonly Float32Array[];
  readonly #masks: readonly (Uint8Array | undefined)[];
  /** |p|. */
  readonly #length: number;
  readonly #training: Program;
  readonly #shifted: Program;

  /** Takes parameters and masks that fit the network. */
  constructor(engine: Engine, network: Network, { parameters, masks }: KnownParameters, batchSize: number) {
    this.#names = network.parameters.map(({ name }) => name);
    this.#values = this.#names.map((name) => parameters[name]!);
    this.#length = Math.sqrt(product(this.#values, this.#values));
    this.#masks = this.#names.map((name) => masks[name]);
    this.#training = engine.program(network, { batchSize, gradients: "parameters" });
    this.#shifted = engine.program(network, { batchSize, gradients: "input" });
    for (const program of [this.#training, this.#shifted]) {
      program.parameters.setValues(this.#named(this.#values));
      program.parameters.setMasks(masks);
    }
  }

  #named(values: readonly Float32Array[]): Record<string, Float32Array> {
    return Object.fromEntries(this.#names.map((name, k) => [name, values[k]!]));
  }

  /** Arrays in the order of the network, suppressed weights as 0: their gradients are not sent. */
  #living(values: readonly Float32Array[]): Float32Array[] {
    return values.map((all, k) => {
      const mask = this.#masks[k];
      return mask ? all.map((value, i) => mask[i] ? value : 0) : all;
    });
  }

  async #gradients(images: Float32Array, labels: ArrayLike<number>): Promise<Float32Array[]> {
    this.#training.setInput(images, labels);
    this.#training.gradients();
    return this.#living(await Promise.all(this.#names.map((name) => this.#training.parameters.gradient(name))));
  }

  /** The gradients of the mean loss of images with labels, by the parameters' names. */
  async gradients(images: Float32Array, labels: ArrayLike<number>): Promise<Record<string, Float32Array>> {
    return this.#named(await this.#gradients(images, labels));
  }

  /** Gradients by name as {@link GradientMatching.compare} takes them. */
  target(gradients: ParameterValues): readonly Float32Array[] {
    return this.#living(this.#names.map((name) => gradients[name]!));
  }

  async #inputGradient(parameters: readonly Float32Array[]): Promise<Float32Array> {
    this.#shifted.parameters.setValues(this.#named(parameters));
    this.#shifted.gradients();
    return await this.#shifted.inputGradient();
  }

  /** The distance of the images' gradients from the target's. */
  async distance(
    kind: GradientDistance,
    target: readonly Float32Array[],
    images: Float32Array,
    labels: ArrayLike<number>,
  ): Promise<number> {
    return distanceOf(kind, await this.#gradients(images, labels), target).distance;
  }

  /** That distance, and its derivative with respect to the images. */
  async compare(
    kind: GradientDistance,
    target: readonly Float32Array[],
    images: Float32Array,
    labels: ArrayLike<number>,
  ): Promise<{ readonly distance: number; readonly derivative: Float32Array }> {
    const gradients = await this.#gradients(images, labels);
    const { distance, ofGradient, ofTarget } = distanceOf(kind, gradients, target);
    // No way leads from what is no number: the caller sees by the distance.
    if (!Number.isFinite(distance)) return { distance, derivative: new Float32Array(images.length) };
    const direction = combine(ofGradient, gradients, ofTarget, target);
    const length = Math.sqrt(product(direction, direction));
    if (length === 0) return { distance, derivative: new Float32Array(images.length) };
    const step = STEP * (this.#length || 1) / length;
    this.#shifted.setInput(images, labels);
    const ahead = await this.#inputGradient(combine(1, this.#values, step, direction));
    const behind = await this.#inputGradient(combine(1, this.#values, -step, direction));
    return { distance, derivative: ahead.map((value, i) => (value - behind[i]!) / (2 * step)) };
  }
}
