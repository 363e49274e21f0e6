/**
 * The codes that a network's layer of few levels gives images.
 *
 * @module
 */
import type { Engine, Program } from "../engine/engine.ts";
import { restOfNetwork, sizeOf, sliceNetwork, type TrainedNetwork } from "../nn/mod.ts";

/** What encodes, and where. */
export interface CodeEncoderOptions extends TrainedNetwork {
  /** Carries the arithmetic out. */
  readonly engine: Engine;
  /** The name of a `quantize` layer. */
  readonly layer: string;
}

/** How many codes there can be at most. */
const MOST_CODES = 65536;
/** Images at a time. */
const BATCH = 64;

/**
 * A trained network cut behind a {@link quantize} layer: what a device computes of an image is one integer, its code,
 * and what is read from a code needs no image. A code is the number whose digits, to the base of the layer's levels,
 * are the levels of the units, the first unit the least.
 */
export class CodeEncoder {
  /** How many codes there can be: levels to the power of units. */
  readonly codes: number;
  readonly #front: Program;
  readonly #rest: Program;
  readonly #levels: number;
  readonly #bound: number;

  /**
   * Allocates both parts of the network; computes nothing yet.
   *
   * @throws {RangeError} if the layer is no quantize, there could be more than 65,536 codes, or a parameter is missing.
   * @example
   * ```ts
   * import { CodeEncoder, dense, flatten, lenet5, openEngine, quantize, sequential, sigmoid } from "@tacet/tacet";
   * const layers = [flatten(), dense({ outputs: 4 }), sigmoid(), quantize({ levels: 2 }), dense({ outputs: 10 })];
   * const engine = await openEngine(), network = sequential([1, 28, 28], layers);
   * const parameters = await engine.parameters(network.parameters, network.seed).values(); // or those of a model
   * const encoder = new CodeEncoder({ engine, network, parameters, layer: "quantize1" });
   * console.log(encoder.codes, await encoder.encode(new Float32Array(28 * 28))); // 16, Uint16Array [15]
   * ```
   */
  constructor({ engine, network, parameters, layer }: CodeEncoderOptions) {
    const front = sliceNetwork(network, layer), last = front.layers.at(-1)!.layer;
    if (last.kind !== "quantize") {
      throw new RangeError(`layer ${layer} is a ${last.kind}; codes are of a quantize layer`);
    }
    const units = sizeOf(front.outputShape), codes = last.levels ** units;
    if (codes > MOST_CODES) {
      throw new RangeError(
        `layer ${layer} has ${units} units of ${last.levels} levels; that is more than ${MOST_CODES} codes`,
      );
    }
    this.codes = codes;
    this.#levels = last.levels;
    this.#bound = last.bound;
    const rest = restOfNetwork(network, layer);
    [this.#front, this.#rest] = [front, rest].map((part) => {
      const program = engine.program(part, { batchSize: BATCH });
      program.parameters.setValues(
        Object.fromEntries(part.parameters.map(({ name }) => [name, parameters[name] ?? missing(name)])),
      );
      return program;
    }) as [Program, Program];
  }

  /**
   * The codes of images `[images][channels][height][width]`; of a data set {@link pixels} gives them.
   *
   * @throws {RangeError} (as a rejection) if they are no whole images, or a pixel or a unit is not finite.
   */
  async encode(images: Float32Array): Promise<Uint16Array> {
    const program = this.#front, size = sizeOf(program.network.inputShape), count = images.length / size;
    if (!Number.isInteger(count)) {
      throw new RangeError(`images has ${images.length} values; it must be whole images of ${size}`);
    }
    const codes = new Uint16Array(count);
    for (let first = 0; first < count; first += BATCH) {
      program.setInput(images.subarray(first * size, (first + BATCH) * size));
      program.forward();
      this.#read(await program.output(), codes.subarray(first, first + BATCH));
    }
    return codes;
  }

  #read(outputs: Float32Array, codes: Uint16Array): void {
    const levels = this.#levels, units = outputs.length / codes.length;
    for (let image = 0; image < codes.length; image++) {
      let code = 0;
      for (let unit = units - 1; unit >= 0; unit--) {
        const value = outputs[image * units + unit]!;
        if (!Number.isFinite(value)) throw new RangeError(`unit ${unit} of an image is ${value}; it must be finite`);
        code = code * levels + Math.round(value * (levels - 1) / this.#bound);
      }
      codes[image] = code;
    }
  }

  /**
   * The class that the network predicts from each code, `[codes]`; of classes that are equally likely the first.
   *
   * @throws {RangeError} (as a rejection) if a logit is not finite.
   */
  async predictions(): Promise<number[]> {
    const program = this.#rest, units = sizeOf(program.network.inputShape), levels = this.#levels;
    const classes = sizeOf(program.network.outputShape), predictions: number[] = [];
    for (let first = 0; first < this.codes; first += BATCH) {
      const count = Math.min(BATCH, this.codes - first), inputs = new Float32Array(count * units);
      for (let i = 0; i < inputs.length; i++) {
        const digit = Math.floor((first + Math.floor(i / units)) / levels ** (i % units)) % levels;
        inputs[i] = digit * Math.fround(this.#bound / (levels - 1));
      }
      program.setInput(inputs);
      program.forward();
      const logits = await program.output();
      for (let code = 0; code < count; code++) {
        const row = logits.subarray(code * classes, (code + 1) * classes);
        if (!row.every(Number.isFinite)) throw new RangeError(`a logit of code ${first + code} is not finite`);
        predictions.push(row.indexOf(row.reduce((most, logit) => Math.max(most, logit), -Infinity)));
      }
    }
    return predictions;
  }
}

function missing(name: string): never {
  throw new RangeError(`parameters has no ${name}`);
}
