/**
 * Deep leakage from gradients: from the gradients of one training step back to its images.
 *
 * Source: Zhu, Liu and Han, "Deep Leakage from Gradients", 2019; Geiping, Bauermeister, Dröge and Moeller, "Inverting
 * Gradients: How easy is it to break privacy in federated learning?", 2020 (cosine distance, total variation, signed
 * Adam).
 *
 * @module
 */
import { finite, integer, MOST_SEED } from "../checks/numbers.ts";
import { judgeMasks } from "../nn/judge.ts";
import { type Network, type ParameterValues, sizeOf } from "../nn/mod.ts";
import { Random } from "../random/threefry.ts";
import { checkBound, checkLayers, checkParameters, checkValues, countImages } from "./checks.ts";
import { gradientOf, revealedLabels } from "./dense_leakage.ts";
import { evaluateInversion, type EvaluationOptions, type InversionEvaluation } from "./evaluation.ts";
import type { GradientLeakageAttackOptions, GradientLeakageOptions } from "./gradient_leakage_options.ts";
import { GradientMatching } from "./gradient_matching.ts";
import { SignedAdam } from "./signed_adam.ts";
import { addTotalVariation } from "./total_variation.ts";
import type { ReconstructionAttack } from "./reconstruction.ts";

/** The first of the streams of the seed from which first images are drawn: one for each restart. */
const START_STREAM = 0xd000_0000;
const MOST_RESTARTS = 64;
const TOO_LARGE = "the network's values are too large to follow";
/** Shares of the steps after which the rate falls to a tenth. */
const RATE_FALLS = [3 / 8, 5 / 8, 7 / 8];

/** A learning rate or a factor. */
function finiteNumber(name: string, value: number, isAllowed: (value: number) => boolean, allowed: string): number {
  if (Number.isFinite(value) && isAllowed(value)) return value;
  throw new RangeError(`${name} is ${value}; it must be a finite number ${allowed}`);
}

function checkDistance(distance: number, when: string): void {
  if (Number.isFinite(distance)) return;
  throw new RangeError(`the gradients of the images are ${distance} apart from those seen ${when}: ${TOO_LARGE}`);
}

/** The options with their defaults, checked. */
function settingsOf(options: GradientLeakageOptions) {
  const { distance = "cosine", signed = true, seed = 1, starts, labels, lr = 0.1, totalVariation = 0.003 } = options;
  if (distance !== "cosine" && distance !== "euclidean") {
    throw new RangeError(`distance is ${JSON.stringify(distance)}; it must be "cosine" or "euclidean"`);
  }
  const images = integer("images", options.images ?? labels?.length ?? 1);
  if (labels && labels.length !== images) {
    throw new RangeError(`labels has ${labels.length} values; images is ${images}`);
  }
  return {
    distance,
    signed,
    seed: integer("seed", seed, 0, MOST_SEED),
    starts,
    images,
    iterations: integer("iterations", options.iterations ?? 1000),
    restarts: integer("restarts", options.restarts ?? 1, 1, starts ? 1 : MOST_RESTARTS),
    lr: finiteNumber("lr", lr, (rate) => rate > 0, "above 0"),
    totalVariation: finiteNumber("totalVariation", totalVariation, (factor) => factor >= 0, "of at least 0"),
  };
}

/** Reconstructs the images of a training step from its gradients. */
export class GradientLeakageAttack implements ReconstructionAttack<ParameterValues, GradientLeakageOptions> {
  /** The attacked network. */
  readonly network: Network;
  readonly #options: GradientLeakageAttackOptions;
  readonly #bound: readonly [number, number];
  readonly #matchings = new Map<number, GradientMatching>();

  /**
   * Computes nothing yet.
   *
   * @throws {TypeError} if the network has a layer of dropout or batch normalisation.
   * @throws {RangeError} if the bound is empty, parameters are missing, not the network's or not finite, or masks are
   * not the network's.
   * @example
   * ```ts
   * import { averagePool2d, conv2d, dense, flatten, GradientLeakageAttack, Model, openEngine, sequential, sgd, sigmoid } from "@tacet/tacet";
   * const network = sequential([1, 8, 8], [conv2d({ channels: 4, kernel: 3 }), sigmoid(), averagePool2d(), flatten(), dense({ outputs: 3 })]);
   * const engine = await openEngine(), model = new Model({ engine, network, optimizer: sgd({ lr: 0.1 }) });
   * const attack = new GradientLeakageAttack({ engine, network, parameters: await model.parameters() });
   * const original = Float32Array.from({ length: 64 }, (_, i) => (i % 8) / 8);
   * const gradients = await attack.gradients(original, [2]); // what the trainer sends
   * const images = await attack.generate(gradients, { iterations: 200 });
   * console.log((await attack.evaluate(original, images)).l2.mean);
   * ```
   */
  constructor(options: GradientLeakageAttackOptions) {
    const { network, parameters, masks = {}, inputBound = [0, 1] } = options;
    checkLayers(network);
    checkParameters(network, parameters);
    for (const [name, mask] of Object.entries(masks)) checkValues(network, "masks", name, mask);
    judgeMasks(network.parameters, masks);
    this.network = network;
    this.#options = options;
    this.#bound = checkBound(inputBound);
  }

  #matching(images: number): GradientMatching {
    let matching = this.#matchings.get(images);
    if (!matching) {
      const { engine, network, parameters, masks = {} } = this.#options;
      matching = new GradientMatching(engine, network, { parameters, masks }, images);
      this.#matchings.set(images, matching);
    }
    return matching;
  }

  /**
   * The gradients that a training step over the given images reveals: of the mean softmax cross entropy, by the
   * parameters' names; 0 for suppressed weights.
   *
   * @param images `[images][channels][height][width]`
   * @throws {RangeError} (as a rejection) if the images are no whole number, a pixel or a gradient is not finite, or a
   * label is missing or no class of the network.
   */
  async gradients(images: Float32Array, labels: ArrayLike<number>): Promise<Record<string, Float32Array>> {
    const count = countImages("images", images, sizeOf(this.network.inputShape));
    const gradients = await this.#matching(count).gradients(images, labels);
    for (const [name, values] of Object.entries(gradients)) finite(`the gradient of ${name}`, values);
    return gradients;
  }

  #starts(images: number, seed: number, restart: number): Float32Array {
    const random = new Random(seed, START_STREAM + restart);
    return Float32Array.from(
      { length: images * sizeOf(this.network.inputShape) },
      () => random.uniform(...this.#bound),
    );
  }

  /**
   * Reconstructs the images of one training step: from random images on, Adam makes the distance of their gradients
   * from those seen small, beside the total variation of the images.
   *
   * Where several images share a label, their order is not in the gradients: see {@link alignImages}.
   *
   * @param gradients by the parameters' names: their mean over the images of the step
   * @returns the reconstructions, `[images][channels][height][width]`, within the input bound, in the order of the
   * labels
   * @throws {RangeError} (as a rejection) if gradients are missing, not as many as the parameters, not finite or all 0,
   * an option is out of range, or the network's values are so large that a distance or its derivative is no number.
   */
  async generate(gradients: ParameterValues, options: GradientLeakageOptions = {}): Promise<Float32Array> {
    const { images, distance, iterations, restarts, lr, totalVariation, signed, seed, starts } = settingsOf(options);
    const { onProgress, onDistance } = options;
    const { network } = this, [low, high] = this.#bound, values = images * sizeOf(network.inputShape);
    if (starts && starts.length !== values) {
      throw new RangeError(`starts has ${starts.length} values; ${images} images take ${values}`);
    }
    finite("starts", starts ?? []);
    const seen = network.parameters.map((_, parameter) => gradientOf(network, gradients, parameter));
    if (seen.every((gradient) => gradient.every((value) => value === 0))) {
      throw new RangeError("all gradients are 0: they reveal nothing");
    }
    const labels = options.labels ?? revealedLabels(network, gradients, images);
    const matching = this.#matching(images), target = matching.target(gradients);
    let lowest = Infinity, best: Float32Array = new Float32Array(0);
    for (let restart = 0; restart < restarts; restart++) {
      const x = starts ? starts.slice() : this.#starts(images, seed, restart);
      const adam = new SignedAdam(values, signed);
      for (let iteration = 1; iteration <= iterations; iteration++) {
        const { distance: before, derivative } = await matching.compare(distance, target, x, labels);
        checkDistance(before, `before step ${iteration} of ${iterations}`);
        const wrong = derivative.findIndex((slope) => !Number.isFinite(slope));
        if (wrong >= 0) {
          const pixels = sizeOf(network.inputShape), image = Math.floor(wrong / pixels);
          throw new RangeError(
            `image ${image}: the derivative of pixel ${wrong % pixels} is ${
              derivative[wrong]
            } in step ${iteration} of ${iterations}: ${TOO_LARGE}`,
          );
        }
        onDistance?.(before, iteration, restart);
        if (totalVariation > 0) addTotalVariation(x, network.inputShape, totalVariation, derivative);
        const falls = RATE_FALLS.filter((share) => iteration > share * iterations).length;
        adam.step(x, derivative, lr * (high - low) / 10 ** falls, this.#bound);
        await onProgress?.(restart * iterations + iteration, restarts * iterations);
      }
      const found = await matching.distance(distance, target, x, labels);
      checkDistance(found, `behind step ${iterations}`);
      if (restart > 0 && !(found < lowest)) continue;
      lowest = found;
      best = x;
    }
    return best;
  }

  /**
   * How near the reconstructions come to the originals, both `[images][channels][height][width]`; see {@link
   * InversionEvaluation}.
   *
   * @param options `labels`, the true class of each image, and `judge`, a separately trained network: both, or neither,
   * for the confidence; `decoys` for the identification; `dataRange` of SSIM, by default the width of the input bound
   * @throws {RangeError} (as a rejection) if the images are no whole number, their numbers or labels do not match, a
   * pixel or one of the judge's logits is not finite, or all originals are black, or, with decoys, of one colour.
   */
  async evaluate(
    originals: Float32Array,
    inverted: Float32Array,
    options: EvaluationOptions = {},
  ): Promise<InversionEvaluation> {
    const [low, high] = this.#bound, own = { dataRange: high - low, ...options };
    return await evaluateInversion(this.#options.engine, this.network.inputShape, originals, inverted, own);
  }
}
