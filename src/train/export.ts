/**
 * The physically smaller network: units that say nothing, or that nobody reads, are left out.
 *
 * @module
 */
import { finite } from "../checks/numbers.ts";
import { kindOf, makesUnits } from "../nn/layers/table.ts";
import { type Layer, type Network, type ParameterValues, sequential, sizeOf, type TrainedNetwork } from "../nn/mod.ts";
import { eachReading, makersOf, type Units, unitsOf } from "../nn/units.ts";
import { foldNorms } from "./fold.ts";
import { withoutIdle } from "./idle.ts";

/** A network without its silent units. */
export interface ExportedModel {
  /** The smaller network. */
  readonly network: Network;
  /** Its parameters, by the same names. */
  readonly parameters: Record<string, Float32Array>;
  /**
   * The units kept of each layer that has weights but the last, by their places in the layer they come from: all of a
   * layer whose units a residual adds to others.
   */
  readonly kept: Readonly<Record<string, readonly number[]>>;
}

const all = (count: number) => Array.from({ length: count }, (_, unit) => unit);

/**
 * Units that nobody could leave out: of whose outgoing weights one is not 0, and whose incoming weights, bias and
 * silencers are not all 0 (or what stands behind them makes something of 0). At least the first unit.
 */
function speakingUnits(units: Units, values: ParameterValues): number[] {
  const weight = values[units.weight]!, reader = values[units.reader]!;
  const bias = units.bias === undefined ? undefined : values[units.bias];
  const isZero = (all: Float32Array, unit: number) => {
    const own = all.length / units.units;
    return all.subarray(unit * own, (unit + 1) * own).every((value) => value === 0);
  };
  const silent = [weight, ...(bias ? [bias] : []), ...units.silencers.map((name) => values[name]!)];
  const kept = all(units.units).filter((unit) => {
    let isRead = false;
    eachReading(units, unit, reader.length, (place) => isRead ||= reader[place] !== 0);
    const says = !units.keepsZero || !silent.every((all) => isZero(all, unit));
    return isRead && says;
  });
  return kept.length > 0 ? kept : [0];
}

/**
 * The rows and columns of a weight `[outputs][inputs][...]` that belong to units kept; a flatten gives each input unit
 * several columns.
 */
function slicedWeight(
  weight: Float32Array,
  outputs: number,
  rows: readonly number[],
  inputs: number,
  kept: readonly number[],
) {
  const perOutput = weight.length / outputs, columns = perOutput / inputs;
  const sliced = new Float32Array(rows.length * kept.length * columns);
  rows.forEach((row, i) =>
    kept.forEach((input, j) => {
      const begin = row * perOutput + input * columns;
      sliced.set(weight.subarray(begin, begin + columns), (i * kept.length + j) * columns);
    })
  );
  return sliced;
}

/**
 * A network's smaller equal: units that are 0 whatever the image (all their weights and their bias are 0, and what
 * stands behind them keeps 0 at 0), and units that nobody reads, are left out, and so are layers of {@link dropout}. It
 * gives the same outputs, to rounding. Batch normalisation directly behind a convolution or a dense layer becomes part
 * of that layer, which then has a bias; elsewhere it stays. A layer keeps at least one unit.
 *
 * @throws {RangeError} if values of a parameter are missing or not finite, or become so when they are folded.
 * @example
 * ```ts
 * import { exportModel, lenet5, Model, openEngine, sgd } from "@tacet/tacet";
 * const model = new Model({ engine: await openEngine(), network: lenet5(), optimizer: sgd({ lr: 0.05 }) });
 * const { network, kept } = exportModel(model.network, await model.parameters());
 * console.log(kept.fc1?.length, network.parameters[2]?.shape); // 120 [120, 400]
 * ```
 */
export function exportModel(network: Network, parameters: ParameterValues): ExportedModel {
  checkValues(network, parameters);
  return withoutSilent(foldNorms({ network: withoutIdle(network), parameters }));
}

function checkValues(network: Network, parameters: ParameterValues): void {
  for (const { name, shape } of network.parameters) {
    if (parameters[name]?.length !== sizeOf(shape)) {
      throw new RangeError(
        `parameters holds ${parameters[name]?.length ?? "no"} values of ${name}; it has ${sizeOf(shape)}`,
      );
    }
  }
  for (const { name } of network.parameters) finite(`parameters: ${name}`, parameters[name]!);
}

function withoutSilent({ network, parameters }: TrainedNetwork): ExportedModel {
  const kept: Record<string, number[]> = {};
  for (const { name, outputShape } of makersOf(network).slice(0, -1)) kept[name] = all(outputShape[0]);
  for (const units of unitsOf(network)) kept[units.name] = speakingUnits(units, parameters);
  const values: Record<string, Float32Array> = {};
  let inputs: readonly number[] = all(network.inputShape[0]), inputUnits: number = network.inputShape[0];
  const nameOf = (index: number) => network.parameters[index]!.name;
  for (const { name, layer, outputShape: [units], parameters: places } of network.layers) {
    if (!makesUnits(kindOf(layer).units)) {
      // What it has of its own for each unit.
      for (const own of Object.values(places).map(nameOf)) {
        values[own] = slicedWeight(parameters[own]!, 1, [0], inputUnits, inputs);
      }
      continue;
    }
    const rows = kept[name] ?? all(units), { weight, bias } = places;
    values[nameOf(weight!)] = slicedWeight(parameters[nameOf(weight!)]!, units, rows, inputUnits, inputs);
    if (bias !== undefined) {
      const whole = parameters[nameOf(bias)]!;
      values[nameOf(bias)] = Float32Array.from(rows, (row) => whole[row]!);
    }
    inputs = rows;
    inputUnits = units;
  }
  const layers = network.layers.map(({ name, layer, outputShape }): Layer => {
    const { units } = kindOf(layer);
    return { ...(makesUnits(units) ? units.resized(layer, kept[name]?.length ?? outputShape[0]) : layer), name };
  });
  return { network: sequential(network.inputShape, layers, { seed: network.seed }), parameters: values, kept };
}
