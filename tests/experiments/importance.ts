/**
 * What may make a unit important: the library's measures and others that were tried beside them.
 *
 * @module
 */
import { Dataset, type Engine, type Network, type ParameterValues, Random, sliceNetwork } from "../../mod.ts";
import type { Program } from "../../src/engine/engine.ts";
import type { UnitLayer } from "../../src/suppress/units.ts";
import { importances } from "../support/units.ts";

/** Images of the probe, and of a batch of it. */
const IMAGES = 512, BATCH = 32;

/** Training images at which a network is looked at in the middle of its training. */
export class Probe {
  readonly #data: Dataset;
  readonly #whole: Program;
  readonly #slices = new Map<string, Program>();
  readonly #engine: Engine;

  constructor(engine: Engine, network: Network, data: Dataset) {
    const { source, size } = data, count = Math.min(IMAGES, source.count);
    const images = source.images.subarray(0, count * source.height * source.width);
    this.#engine = engine;
    this.#data = new Dataset({ ...source, images, count, labels: source.labels.subarray(0, count) }, { size });
    this.#whole = engine.program(network, { batchSize: BATCH, gradients: "parameters" });
  }

  /** The true digits. */
  get labels(): Uint8Array {
    return this.#data.source.labels;
  }

  /** What a dense layer's units say to each image, `[images][units]`. */
  async outputs({ name }: UnitLayer, values: ParameterValues): Promise<Float32Array[]> {
    const { network } = this.#whole, relu = network.layers[network.layers.findIndex((one) => one.name === name) + 1]!;
    const slice = sliceNetwork(network, relu.name), units = relu.outputShape[0];
    const program = this.#slices.get(name) ?? this.#engine.program(slice, { batchSize: BATCH });
    this.#slices.set(name, program);
    program.parameters.setValues(Object.fromEntries(slice.parameters.map(({ name }) => [name, values[name]!])));
    const rows: Float32Array[] = [];
    for (const indices of this.#data.inOrder().epoch(1, BATCH)) {
      program.load(this.#data, indices);
      program.forward();
      const output = await program.output();
      for (let at = 0; at < output.length; at += units) rows.push(output.subarray(at, at + units));
    }
    return rows;
  }

  /** The gradient of a parameter, batch by batch. */
  async gradients(parameter: string, values: ParameterValues): Promise<Float32Array[]> {
    this.#whole.parameters.setValues(values);
    const gradients: Float32Array[] = [];
    for (const indices of this.#data.inOrder().epoch(1, BATCH)) {
      this.#whole.load(this.#data, indices);
      this.#whole.gradients();
      gradients.push(await this.#whole.parameters.gradient(parameter));
    }
    return gradients;
  }
}

/** What a measure looks at. */
export interface Sight {
  readonly layer: UnitLayer;
  readonly values: ParameterValues;
  readonly silent: readonly boolean[];
  readonly probe: Probe;
  /** Another one for every operation on every layer. */
  readonly stream: number;
  readonly seed: number;
}

type Measure = (sight: Sight) => Float64Array | Promise<Float64Array>;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};

/** A figure of each unit from what it says to the images, times the norm of its outgoing weights. */
function spoken(figure: (outputs: number[], labels: Uint8Array) => number): Measure {
  return async ({ layer, values, probe }) => {
    const rows = await probe.outputs(layer, values),
      outgoing = importances({ ...layer, importance: "outgoing" }, values);
    return outgoing.map((norm, unit) => norm * figure(rows.map((row) => row[unit]!), probe.labels));
  };
}

/**
 * Variance between the digits over that within them: how much a unit tells of the digit and how little of the image.
 */
function fisher(outputs: number[], labels: Uint8Array): number {
  const digits = Array.from({ length: 10 }, (_, digit) => outputs.filter((_, i) => labels[i] === digit));
  const within = mean(digits.map(variance));
  return variance(digits.map(mean)) / (within + 1e-12);
}

/**
 * The loss that a unit's silence would cost, to first order: |sum of output times gradient| over a batch, its mean
 * square over batches.
 */
async function taylor({ layer, values, probe }: Sight): Promise<Float64Array> {
  const reader = values[layer.reader]!, squares = new Float64Array(layer.units);
  for (const gradient of await probe.gradients(layer.reader, values)) {
    const sums = new Float64Array(layer.units);
    // A unit's output times the gradient with respect to it is its outgoing weights times theirs.
    reader.forEach((weight, i) => sums[Math.floor(i / layer.columns) % layer.units]! += weight * gradient[i]!);
    sums.forEach((sum, unit) => squares[unit]! += sum * sum);
  }
  return squares;
}

/** The inverse of a positive definite matrix (Gauss and Jordan, in place). */
function inverse(matrix: number[][]): number[][] {
  matrix.forEach((pivotRow, pivot) => {
    const by = 1 / pivotRow[pivot]!;
    pivotRow[pivot] = 1;
    pivotRow.forEach((value, j) => pivotRow[j] = value * by);
    matrix.forEach((row, i) => {
      if (i === pivot) return;
      const factor = row[pivot]!;
      row[pivot] = 0;
      pivotRow.forEach((value, j) => row[j]! -= factor * value);
    });
  });
  return matrix;
}

/**
 * The part of a unit's outputs that the other living units do not give away linearly (its standard deviation), times
 * the norm of its outgoing weights.
 */
async function novelty({ layer, values, silent, probe }: Sight): Promise<Float64Array> {
  const living = [...silent.keys()].filter((unit) => !silent[unit]), rows = await probe.outputs(layer, values);
  const means = living.map((unit) => mean(rows.map((row) => row[unit]!)));
  const covariance = living.map((a, i) =>
    living.map((b, j) => mean(rows.map((row) => (row[a]! - means[i]!) * (row[b]! - means[j]!))) + (a === b ? 1e-6 : 0))
  );
  const precision = inverse(covariance), novelty = importances({ ...layer, importance: "outgoing" }, values);
  living.forEach((unit, i) => novelty[unit]! *= Math.sqrt(1 / precision[i]![i]!));
  return novelty;
}

/** The measures by their names. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  product: ({ layer, values }) => importances(layer, values),
  incoming: ({ layer, values }) => importances({ ...layer, importance: "incoming" }, values),
  outgoing: ({ layer, values }) => importances({ ...layer, importance: "outgoing" }, values),
  random: ({ layer, seed, stream }) => {
    const random = new Random(seed, stream);
    return Float64Array.from({ length: layer.units }, () => random.integer(2 ** 32 - 1));
  },
  deviation: spoken((outputs) => Math.sqrt(variance(outputs))),
  fisher: spoken(fisher),
  taylor,
  novelty,
};
