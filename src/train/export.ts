/**
 * The physically smaller network: units that say nothing, or that nobody reads, are left out.
 *
 * @module
 */
import { finite } from "../checks/numbers.ts";
import { type Layer, type Network, type ParameterValues, type PlacedLayer, sequential, sizeOf } from "../nn/mod.ts";

/** A network without its silent units. */
export interface ExportedModel {
  /** The smaller network. */
  readonly network: Network;
  /** Its parameters, by the same names. */
  readonly parameters: Record<string, Float32Array>;
  /** The units kept of each layer that has weights but the last, by their places in the layer they come from. */
  readonly kept: Readonly<Record<string, readonly number[]>>;
}

/** A layer with weights, and the next one. */
interface Pair {
  readonly placed: PlacedLayer;
  readonly reader: PlacedLayer;
}

/** Units whose incoming weights and bias are not all 0, and of whose outgoing weights one is not; at least the first unit. */
function speakingUnits({ placed, reader }: Pair, network: Network, values: ParameterValues): number[] {
  const of = (index: number | undefined) => index === undefined ? undefined : values[network.parameters[index]!.name]!;
  const weight = of(placed.weight)!, bias = of(placed.bias), out = of(reader.weight)!;
  const units = placed.outputShape[0], taps = weight.length / units;
  const perOutput = out.length / reader.outputShape[0], columns = perOutput / units;
  const speaks = (unit: number) => {
    const says = weight.subarray(unit * taps, (unit + 1) * taps).some((w) => w !== 0) || (bias?.[unit] ?? 0) !== 0;
    return says && out.some((w, i) => w !== 0 && Math.floor(i % perOutput / columns) === unit);
  };
  const kept = Array.from({ length: units }, (_, unit) => unit).filter(speaks);
  return kept.length > 0 ? kept : [0];
}

/** The rows and columns of a weight `[outputs][inputs][...]` that belong to units kept; a flatten gives each input unit several columns. */
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

function resized(layer: Layer, units: number): Layer {
  if (layer.kind === "conv2d") return { ...layer, channels: units };
  return layer.kind === "dense" ? { ...layer, outputs: units } : layer;
}

/**
 * A network's smaller equal: units that are 0 whatever the image (all their weights and their bias are 0), and units that nobody reads, are left out. It gives the same outputs, to rounding, if what
 * stands between the layers with weights keeps 0 at 0, as ReLU and pooling do. A layer keeps at least one unit.
 *
 * @throws {RangeError} if values of a parameter are missing or not finite.
 * @example
 * ```ts
 * import { exportModel, lenet5, Model, openEngine, sgd } from "@tacet/tacet";
 * const model = new Model({ engine: await openEngine(), network: lenet5(), optimizer: sgd({ lr: 0.05 }) });
 * const { network, kept } = exportModel(model.network, await model.parameters());
 * console.log(kept.fc1?.length, network.parameters[2]?.shape); // 120 [120, 400]
 * ```
 */
export function exportModel(network: Network, parameters: ParameterValues): ExportedModel {
  for (const { name, shape } of network.parameters) {
    if (parameters[name]?.length !== sizeOf(shape)) {
      throw new RangeError(
        `parameters holds ${parameters[name]?.length ?? "no"} values of ${name}; it has ${sizeOf(shape)}`,
      );
    }
  }
  for (const { name } of network.parameters) finite(`parameters: ${name}`, parameters[name]!);
  const weighted = network.layers.filter(({ weight }) => weight !== undefined);
  const all = (count: number) => Array.from({ length: count }, (_, unit) => unit);
  const kept: Record<string, readonly number[]> = {}, values: Record<string, Float32Array> = {};
  let inputs: readonly number[] = all(network.inputShape[0]), inputUnits: number = network.inputShape[0];
  for (const [index, placed] of weighted.entries()) {
    const reader = weighted[index + 1], units = placed.outputShape[0];
    const rows = reader ? kept[placed.name] = speakingUnits({ placed, reader }, network, parameters) : all(units);
    const { name } = network.parameters[placed.weight!]!;
    values[name] = slicedWeight(parameters[name]!, units, rows, inputUnits, inputs);
    if (placed.bias !== undefined) {
      const bias = network.parameters[placed.bias]!.name;
      values[bias] = Float32Array.from(rows, (row) => parameters[bias]![row]!);
    }
    inputs = rows;
    inputUnits = units;
  }
  const layers = network.layers.map(({ name, layer }): Layer => ({
    ...resized(
      layer,
      kept[name]?.length ?? (layer.kind === "dense" ? layer.outputs : layer.kind === "conv2d" ? layer.channels : 0),
    ),
    name,
  }));
  return { network: sequential(network.inputShape, layers, { seed: network.seed }), parameters: values, kept };
}
