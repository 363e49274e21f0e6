/**
 * The image inversion attack: from what a network computed of an image back to the image.
 *
 * Source: MindArmour's `ImageInversionAttack`; the Adam method is ours.
 *
 * @module
 */
import { finite, integer, MOST_SEED } from "../checks/numbers.ts";
import type { InversionStep, Program } from "../engine/engine.ts";
import { checkTargets } from "../engine/finite.ts";
import { type Network, sizeOf } from "../nn/mod.ts";
import { Random } from "../random/threefry.ts";
import { checkBound, checkParameters, countImages } from "./checks.ts";
import { evaluateInversion, type EvaluationOptions, type InversionEvaluation } from "./evaluation.ts";
import type { GenerateOptions, ImageInversionAttackOptions, LossWeights } from "./inversion_options.ts";
import { outputsOf } from "./outputs.ts";
import { checkInverted } from "./followed.ts";
import type { ReconstructionAttack } from "./reconstruction.ts";

/** The first of the streams of the seed from which first images are drawn; a restart begins so many further on. */
const START_STREAM = 0xc000_0000, RESTART_STREAMS = 0x10_0000, START_VOLUME = 0.05;
const MOST_RESTARTS = 64;
const SIGN_RATE = 0.01, ADAM_RATE = 0.03;
/** Images inverted together: enough to fill the vectors, few enough to stay in the cache. */
const TOGETHER = 32;

function checkWeights(name: string, weights: LossWeights): LossWeights {
  if (weights.length !== 3 || !weights.every((weight) => weight >= 0 && Number.isFinite(weight)) || weights[0] === 0) {
    throw new RangeError(`${name} is [${weights}]; it must be three numbers of at least 0, the first above 0`);
  }
  return weights;
}

/** Inverts images from their features. */
export class ImageInversionAttack implements ReconstructionAttack<Float32Array, GenerateOptions> {
  /** The attacked part of the network. */
  readonly network: Network;
  readonly #options: ImageInversionAttackOptions;
  readonly #inputBound: readonly [number, number];
  readonly #lossWeights: LossWeights;
  readonly #programs = new Map<number, Program>();

  /**
   * Computes nothing yet.
   *
   * @param options engine, network, parameters, input bound and loss weights
   * @throws {RangeError} if the bound is empty, a loss weight is negative or parameters are missing or not finite.
   * @example
   * ```ts
   * import { Dataset, drawnDigits, ImageInversionAttack, lenet5, Model, openEngine, pixels, sgd, sliceNetwork } from "@tacet/tacet";
   * const engine = await openEngine();
   * const model = new Model({ engine, network: lenet5(), optimizer: sgd({ lr: 0.05 }) });
   * const originals = await pixels(engine, new Dataset(drawnDigits(2), { size: [32, 32] }), [0, 1]);
   * const attack = new ImageInversionAttack({ engine, network: sliceNetwork(lenet5(), "relu3"), parameters: await model.parameters(), lossWeights: [1, 0.1, 5] });
   * const inverted = await attack.generate(await attack.features(originals), { iterations: 10 });
   * console.log((await attack.evaluate(originals, inverted)).l2);
   * ```
   */
  constructor(options: ImageInversionAttackOptions) {
    const { network, parameters, inputBound = [0, 1], lossWeights = [1, 0.2, 5] } = options;
    checkParameters(network, parameters);
    this.network = network;
    this.#options = options;
    this.#inputBound = checkBound(inputBound);
    this.#lossWeights = checkWeights("lossWeights", lossWeights);
  }

  #program(batchSize: number): Program {
    let program = this.#programs.get(batchSize);
    if (!program) {
      const { engine, network, parameters } = this.#options;
      program = engine.program(network, { batchSize, gradients: "input" });
      const values = network.parameters.map(({ name }) => [name, parameters[name]!] as const);
      program.parameters.setValues(Object.fromEntries(values));
      // What is silent is passed over: the same bits, sooner.
      const sparse = values.filter(([, weights]) => weights.includes(0));
      program.parameters.setMasks(
        Object.fromEntries(sparse.map(([name, weights]) => [name, Uint8Array.from(weights, (w) => Number(w !== 0))])),
      );
      this.#programs.set(batchSize, program);
    }
    return program;
  }

  /** Runs `work` over the images in groups that a program takes at once. */
  async #inGroups(
    count: number,
    work: (program: Program, first: number, images: number) => Promise<void>,
  ): Promise<void> {
    for (let first = 0; first < count; first += TOGETHER) {
      const images = Math.min(TOGETHER, count - first);
      await work(this.#program(images), first, images);
    }
  }

  /**
   * What the attacker sees of images `[images][channels][height][width]`: the network's output, `[images][features]`.
   *
   * @throws {RangeError} (as a rejection) if the images are no whole number of the network's inputs, or a pixel or a
   * feature is not finite.
   */
  async features(images: Float32Array): Promise<Float32Array> {
    const count = countImages("images", images, sizeOf(this.network.inputShape));
    return await outputsOf(this.#program(Math.min(count, TOGETHER)), images, "features");
  }

  /** The first images: each from its own stream of the seed, so that it does not depend on how many there are. */
  #starts(count: number, seed: number, restart: number): Float32Array {
    const pixels = sizeOf(this.network.inputShape);
    const starts = new Float32Array(count * pixels);
    for (let image = 0; image < count; image++) {
      const random = new Random(seed, START_STREAM + restart * RESTART_STREAMS + image);
      for (let pixel = 0; pixel < pixels; pixel++) starts[image * pixels + pixel] = random.uniform(0, START_VOLUME);
    }
    return starts;
  }

  #step(method: "sign" | "adam", adamLossWeights: LossWeights): InversionStep {
    const [channels, height, width] = this.network.inputShape, isSign = method === "sign";
    const [feature, smoothness, square] = isSign ? this.#lossWeights : checkWeights("adamLossWeights", adamLossWeights);
    // By "sign" a mean over each pair of neighbouring rows and of neighbouring columns, summed over the pairs; by
    // "adam" the mean over all vertical and all horizontal pairs.
    const rows = isSign ? 1 : height - 1, columns = isSign ? 1 : width - 1;
    return {
      feature,
      vertical: rows && smoothness / (channels * rows * width),
      horizontal: columns && smoothness / (channels * height * columns),
      square: square / (channels * height * width),
      bound: this.#inputBound,
      method,
      rate: isSign ? SIGN_RATE : ADAM_RATE,
    };
  }

  /**
   * Reconstructs images from their features. All images are inverted together, each independently of the others: the
   * result is the same one by one.
   *
   * @param targetFeatures `[images][features]`, as {@link ImageInversionAttack.features} gives them
   * @returns the reconstructions, `[images][channels][height][width]`, within the input bound
   * @throws {RangeError} (as a rejection) if the features or starts are no whole number of images or not finite, an
   * option is out of range, or the network's values are so large that a loss or a pixel is no number: it says of which
   * image, at which step.
   */
  async generate(targetFeatures: Float32Array, options: GenerateOptions = {}): Promise<Float32Array> {
    const { method = "sign", adamLossWeights = [1, 1, 0.1], seed = 1, onProgress, onLosses } = options;
    if (method !== "sign" && method !== "adam") {
      throw new RangeError(`method is ${JSON.stringify(method)}; it must be "sign" or "adam"`);
    }
    const { starts, restarts = 1 } = options;
    const iterations = integer("iterations", options.iterations ?? (method === "sign" ? 100 : 1000));
    integer("seed", seed, 0, MOST_SEED);
    const pixels = sizeOf(this.network.inputShape), size = sizeOf(this.network.outputShape);
    const count = countImages("targetFeatures", targetFeatures, size, "feature");
    checkTargets(targetFeatures, size, "targetFeatures");
    if (starts && starts.length !== count * pixels) {
      throw new RangeError(`starts has ${starts.length} values; ${count} images take ${count * pixels}`);
    }
    if (!Number.isInteger(restarts) || restarts < 1 || restarts > (starts ? 1 : MOST_RESTARTS)) {
      throw new RangeError(
        `restarts is ${restarts}; it must be an integer from 1 to ${MOST_RESTARTS}, and 1 where starts are given`,
      );
    }
    finite("starts", starts ?? []);
    const step = this.#step(method, adamLossWeights), total = count * iterations * restarts;
    const inverted = new Float32Array(count * pixels), lowest = new Float32Array(count);
    for (let restart = 0; restart < restarts; restart++) {
      const begin = starts ?? this.#starts(count, seed, restart);
      await this.#inGroups(count, async (program, first, images) => {
        const own = begin.subarray(first * pixels, (first + images) * pixels);
        const targets = targetFeatures.subarray(first * size, (first + images) * size);
        const inverting = { program, starts: own, targets, step, iterations, firstImage: first };
        program.setInput(own);
        const inversion = program.inversion();
        inversion.setTargets(targets);
        for (let iteration = 1; iteration <= iterations; iteration++) {
          inversion.step(step);
          const pressure = program.pressure();
          if (pressure) await pressure;
          if (onLosses) {
            const losses = await inversion.losses();
            await checkInverted(inverting, losses);
            onLosses(losses, iteration, first);
          }
          if (onProgress) await onProgress((restart * count + first) * iterations + iteration * images, total);
        }
        const losses = await inversion.losses(), found = await program.input();
        await checkInverted(inverting, losses, found);
        losses.forEach((loss, image) => {
          if (restart > 0 && !(loss < lowest[first + image]!)) return;
          lowest[first + image] = loss;
          inverted.set(found.subarray(image * pixels, (image + 1) * pixels), (first + image) * pixels);
        });
      });
    }
    return inverted;
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
    const [low, high] = this.#inputBound, own = { dataRange: high - low, ...options };
    return await evaluateInversion(this.#options.engine, this.network.inputShape, originals, inverted, own);
  }
}
