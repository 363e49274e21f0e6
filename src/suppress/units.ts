/**
 * Suppression by unit: whole outputs of a dense layer or channels of a convolution fall silent, with the weights that make them and those that read them.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { type Network, type ParameterValues, type PlacedLayer, sizeOf } from "../nn/mod.ts";

/** A layer whose units are suppressed. */
export interface UnitLayerDes {
  /** The name of the layer, "fc1", or of its weight, "fc1.weight". */
  readonly layerName: string;
  /** Whole units, not single weights. */
  readonly granularity: "unit";
  /** Never fewer units than this are left; a positive integer. */
  readonly minNum: number;
  /**
   * What makes a unit important: the Euclidean norm of its incoming weights and bias, that of its outgoing weights, or (the default) their product. The least important fall silent first.
   */
  readonly importance?: "product" | "incoming" | "outgoing";
}

/** A unit layer that was matched to its network. */
export interface UnitLayer extends Required<UnitLayerDes> {
  /** The layer's name. */
  readonly name: string;
  /** Its number of units. */
  readonly units: number;
  /** The name of its weight, `[units][...]`. */
  readonly weight: string;
  /** The name of its bias, `[units]`. */
  readonly bias: string | undefined;
  /** The name of the weight that reads the units, `[outputs][units][columns]`. */
  readonly reader: string;
  /** How many weights of each of the reader's outputs read a unit. */
  readonly columns: number;
}

/** The next layer behind the one at `index` that has a weight. */
function readerOf(network: Network, index: number): PlacedLayer | undefined {
  return network.layers.slice(index + 1).find(({ weight }) => weight !== undefined);
}

/**
 * Matches unit layers to a network's layers and checks them.
 *
 * @throws {RangeError | TypeError} that names the layer, the field, its value and the rule.
 */
export function resolveUnitLayers(layers: readonly UnitLayerDes[], network: Network): UnitLayer[] {
  const names = network.layers.filter(({ weight }) => weight !== undefined).map(({ name }) => name);
  const resolved = layers.map((layer): UnitLayer => {
    const { layerName, granularity, minNum, importance = "product" } = layer, where = `the unit layer ${layerName}`;
    const index = network.layers.findIndex(({ name, weight }) =>
      weight !== undefined && (name === layerName || network.parameters[weight]!.name === layerName)
    );
    const placed = network.layers[index], reader = placed && readerOf(network, index);
    if (!placed) throw new RangeError(`${where} is no layer with weights; there are ${names.join(", ")}`);
    if (!reader) throw new RangeError(`${where} gives the network's output: its units are the classes and must stay`);
    const units = placed.outputShape[0];
    integer(`${where}: minNum`, minNum, 1, units, ", its units");
    if (!["product", "incoming", "outgoing"].includes(importance)) {
      throw new RangeError(`${where}: importance is ${importance}; it must be "product", "incoming" or "outgoing"`);
    }
    const parameterName = (at: number) => network.parameters[at]!.name;
    const [outputs, ...perOutput] = network.parameters[reader.weight!]!.shape;
    if (outputs === undefined) throw new TypeError(`${where}: its reader has no weight`);
    return {
      layerName,
      granularity,
      minNum,
      importance,
      name: placed.name,
      units,
      weight: parameterName(placed.weight!),
      bias: placed.bias === undefined ? undefined : parameterName(placed.bias),
      reader: parameterName(reader.weight!),
      columns: sizeOf(perOutput) / units,
    };
  });
  const twice = resolved.find(({ name }, i) => resolved.findIndex((other) => other.name === name) < i);
  if (twice) {
    throw new RangeError(`the unit layer ${twice.name} occurs twice; each layer's units can be suppressed once`);
  }
  return resolved;
}

/** Calls `visit` with the places of the weights that read a unit, in the reader's weight. */
function eachReading({ units, columns }: UnitLayer, unit: number, count: number, visit: (place: number) => void): void {
  for (let row = unit * columns; row < count; row += units * columns) {
    for (let column = 0; column < columns; column++) visit(row + column);
  }
}

/** Each unit's importance, in float64. */
export function importances(layer: UnitLayer, values: ParameterValues): Float64Array {
  const weight = values[layer.weight]!, reader = values[layer.reader]!, taps = weight.length / layer.units;
  const bias = layer.bias === undefined ? undefined : values[layer.bias]!;
  return Float64Array.from({ length: layer.units }, (_, unit) => {
    let incoming = bias ? bias[unit]! * bias[unit]! : 0, outgoing = 0;
    for (let i = unit * taps; i < (unit + 1) * taps; i++) incoming += weight[i]! * weight[i]!;
    eachReading(layer, unit, reader.length, (place) => outgoing += reader[place]! * reader[place]!);
    if (layer.importance === "incoming") return Math.sqrt(incoming);
    return layer.importance === "outgoing" ? Math.sqrt(outgoing) : Math.sqrt(incoming) * Math.sqrt(outgoing);
  });
}

/** The units that fall silent so that `target` are, the least important first, of equals the first: those that are silent already, and the new ones. */
export function silencedUnits(silent: readonly boolean[], importance: Float64Array, target: number): boolean[] {
  const living = [...silent.keys()].filter((unit) => !silent[unit]);
  const more = Math.max(0, target - (silent.length - living.length));
  // Array sorting is stable.
  const chosen = new Set(living.sort((a, b) => importance[a]! - importance[b]!).slice(0, more));
  return silent.map((was, unit) => was || chosen.has(unit));
}

/** The masks (1 = kept) of a unit layer's weight, bias and reader, given what they are now (none: all kept). */
export function unitMasks(
  layer: UnitLayer,
  silent: readonly boolean[],
  values: ParameterValues,
  masks: Readonly<Record<string, Uint8Array>>,
): Record<string, Uint8Array> {
  const copy = (name: string) => masks[name]?.slice() ?? new Uint8Array(values[name]!.length).fill(1);
  const weight = copy(layer.weight), reader = copy(layer.reader), taps = weight.length / layer.units;
  const bias = layer.bias === undefined ? undefined : copy(layer.bias);
  silent.forEach((isSilent, unit) => {
    if (!isSilent) return;
    weight.fill(0, unit * taps, (unit + 1) * taps);
    if (bias) bias[unit] = 0;
    eachReading(layer, unit, reader.length, (place) => reader[place] = 0);
  });
  return { [layer.weight]: weight, [layer.reader]: reader, ...(bias && { [layer.bias!]: bias }) };
}
