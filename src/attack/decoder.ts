/**
 * The learned decoder: a network trained to turn features back into images.
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { finite, finiteRows, integer } from "../checks/numbers.ts";
import type { Divergence, Engine } from "../engine/engine.ts";
import {
  adam,
  dense,
  flatten,
  type Network,
  type ParameterValues,
  relu,
  sequential,
  sigmoid,
  sizeOf,
} from "../nn/mod.ts";
import { Random } from "../random/threefry.ts";
import { DivergedError } from "../train/diverged_error.ts";
import { countImages } from "./checks.ts";
import { outputsOf } from "./outputs.ts";
import type { ReconstructionAttack } from "./reconstruction.ts";

/** The first of the streams of the seed that shuffle the examples; each epoch takes the next. */
const SHUFFLE_STREAM = 0xf000_0000;

/** Options of {@link LearnedDecoder.train}. */
export interface DecoderOptions {
  /** What carries the arithmetic out; see `openEngine`. */
  readonly engine: Engine;
  /**
   * What the attacker sees of images of their own, `[images][features]`: none of those attacked, and none of the
   * decoys.
   */
  readonly features: Float32Array;
  /** Those images, `[images][channels][height][width]`: from 0 to 1, or bytes from 0 to 255. */
  readonly images: Float32Array | Uint8Array;
  /** Channels, height and width of an image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Outputs of the hidden layers; default [512, 512]. */
  readonly hidden?: readonly number[];
  /** How often all examples are gone through; default 10. */
  readonly epochs?: number;
  /** Examples in a step; default 64. */
  readonly batchSize?: number;
  /** Adam's rate, with which training begins; the last third of the epochs takes a tenth of it. Default 0.001. */
  readonly lr?: number;
  /** From which first weights and order are drawn; default 1. */
  readonly seed?: number;
  /** Told how many steps are done; training waits for its promise. */
  readonly onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** The inverse of the features' root mean square: networks learn best from inputs of about that size. */
function scaleOf(features: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < features.length; i++) squares += features[i]! * features[i]!;
  if (!Number.isFinite(squares)) {
    const wrong = features.findIndex((feature) => !Number.isFinite(feature));
    throw new RangeError(`features[${wrong}] is ${features[wrong]}; a decoder learns from finite features alone`);
  }
  return squares === 0 ? 1 : 1 / Math.sqrt(squares / features.length);
}

/** Indices from 0 to before `count`, shuffled (Fisher and Yates). */
function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

/** The rows of the given indices, one behind the other; bytes as shares of 255. */
function rows(values: Float32Array | Uint8Array, size: number, indices: Int32Array, out: Float32Array): Float32Array {
  indices.forEach((index, i) => out.set(values.subarray(index * size, (index + 1) * size), i * size));
  const taken = out.subarray(0, indices.length * size);
  if (isTypedArray("Uint8Array", values)) { for (let i = 0; i < taken.length; i++) taken[i]! /= 255; }
  return taken;
}

/** A decoder of features: dense layers with ReLU, then the pixels behind a sigmoid. */
export class LearnedDecoder implements ReconstructionAttack<Float32Array> {
  /** What decodes; its input is the scaled features. */
  readonly network: Network;
  /** Its trained values. */
  readonly parameters: ParameterValues;
  readonly #engine: Engine;
  readonly #scale: number;

  private constructor(engine: Engine, network: Network, parameters: ParameterValues, scale: number) {
    this.#engine = engine;
    this.network = network;
    this.parameters = parameters;
    this.#scale = scale;
  }

  /**
   * Trains a decoder on examples: mean squared error, Adam.
   *
   * @throws {RangeError} (as a rejection) if features and images are not as many, a feature or a pixel is not finite,
   * or an option is out of range; or a weight in the end is not finite.
   * @throws {DivergedError} (as a rejection) if the loss of a step is not finite.
   * @example
   * ```ts
   * import { LearnedDecoder, openEngine } from "@tacet/tacet";
   * const images = Float32Array.from({ length: 64 * 4 }, (_, i) => (i % 7) / 7), features = images.map((pixel) => 2 * pixel - 1);
   * const decoder = await LearnedDecoder.train({ engine: await openEngine(), features, images, shape: [1, 2, 2], hidden: [16], epochs: 2 });
   * console.log((await decoder.generate(features)).length); // 256
   * ```
   */
  static async train(options: DecoderOptions): Promise<LearnedDecoder> {
    const { engine, features, images, shape, hidden = [512, 512], seed = 1, lr = 0.001, onProgress } = options;
    const epochs = integer("epochs", options.epochs ?? 10);
    const batchSize = integer("batchSize", options.batchSize ?? 64);
    const pixels = sizeOf(shape), count = images.length / pixels, size = features.length / count;
    if (!Number.isInteger(count) || count < 1 || !Number.isInteger(size) || size < 1) {
      throw new RangeError(
        `images has ${images.length} values and features ${features.length}; they must be as many whole images of [${shape}] and rows of features, at least one`,
      );
    }
    finiteRows("images", images, pixels);
    const layers = hidden.flatMap((outputs) => [dense({ outputs: integer("hidden", outputs) }), relu()]);
    const network = sequential([size, 1, 1], [flatten(), ...layers, dense({ outputs: pixels }), sigmoid()], { seed });
    const program = engine.program(network, { batchSize: Math.min(batchSize, count), gradients: "parameters" });
    const scale = scaleOf(features), scaled = features.map((feature) => feature * scale);
    const steps = Math.ceil(count / program.batchSize), total = epochs * steps;
    const input = new Float32Array(program.batchSize * size), targets = new Float32Array(program.batchSize * pixels);
    const fast = adam({ lr }), slow = adam({ lr: lr / 10 });
    const divergedError = ({ step, loss }: Divergence) => {
      const epoch = Math.ceil(step / steps);
      return new DivergedError({ loss, epoch, stepInEpoch: step - (epoch - 1) * steps, step }, lr);
    };
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shuffled(count, new Random(seed, SHUFFLE_STREAM + epoch));
      for (let step = 0; step < steps; step++) {
        const indices = order.subarray(step * program.batchSize, (step + 1) * program.batchSize);
        program.setInput(rows(scaled, size, indices, input));
        program.regressStep(rows(images, pixels, indices, targets), 3 * epoch < 2 * epochs ? fast : slow);
        const pressure = program.pressure();
        if (pressure) await pressure;
        if (program.diverged) throw divergedError(program.diverged);
        if (onProgress) await onProgress(epoch * steps + step + 1, total);
      }
    }
    const diverged = await program.settled();
    if (diverged) throw divergedError(diverged);
    const values = await program.parameters.values();
    for (const [name, weights] of Object.entries(values)) finite(`the decoder's parameter ${name}`, weights);
    return new LearnedDecoder(engine, network, values, scale);
  }

  /**
   * Reconstructs images from their features.
   *
   * @param targetFeatures `[images][features]`
   * @returns `[images][channels][height][width]`, from 0 to 1
   * @throws {RangeError} (as a rejection) if the features are no whole number of images, or one is not finite.
   */
  async generate(targetFeatures: Float32Array): Promise<Float32Array> {
    const count = countImages("targetFeatures", targetFeatures, this.network.inputShape[0], "feature");
    const program = this.#engine.program(this.network, { batchSize: Math.min(count, 64) });
    program.parameters.setValues(this.parameters);
    return await outputsOf(program, targetFeatures.map((feature) => feature * this.#scale), "reconstructions");
  }
}
