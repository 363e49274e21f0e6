/**
 * Suppression by unit: whole outputs of a dense layer or channels of a convolution fall silent, with the weights that make them and those that read them.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { eachReading, makersOf, type Network, type ParameterValues, type Units, unitsOf } from "../nn/mod.ts";

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
export interface UnitLayer extends Required<UnitLayerDes>, Units {}

/**
 * Matches unit layers to a network's layers and checks them.
 *
 * @throws {RangeError | TypeError} that names the layer, the field, its value and the rule.
 */
export function resolveUnitLayers(layers: readonly UnitLayerDes[], network: Network): UnitLayer[] {
  const all = unitsOf(network), makers = makersOf(network);
  const resolved = layers.map((layer): UnitLayer => {
    const { layerName, granularity, minNum, importance = "product" } = layer, where = `the unit layer ${layerName}`;
    const units = all.find(({ name, weight }) => name === layerName || weight === layerName);
    if (!units) {
      const names = makers.map(({ name }) => name), last = names.at(-1);
      if (layerName === last || layerName === `${last}.weight`) {
        throw new RangeError(`${where} gives the network's output: its units are the classes and must stay`);
      }
      throw new RangeError(`${where} is no layer with weights; there are ${names.join(", ")}`);
    }
    integer(`${where}: minNum`, minNum, 1, units.units, ", its units");
    if (!["product", "incoming", "outgoing"].includes(importance)) {
      throw new RangeError(`${where}: importance is ${importance}; it must be "product", "incoming" or "outgoing"`);
    }
    return { layerName, granularity, minNum, importance, ...units };
  });
  const twice = resolved.find(({ name }, i) => resolved.findIndex((other) => other.name === name) < i);
  if (twice) {
    throw new RangeError(`the unit layer ${twice.name} occurs twice; each layer's units can be suppressed once`);
  }
  return resolved;
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

/** The masks (1 = kept) of a unit layer's weight, bias, silencers and reader, given those of now (none: all kept). */
export function unitMasks(
  layer: UnitLayer,
  silent: readonly boolean[],
  values: ParameterValues,
  masks: Readonly<Record<string, Uint8Array>>,
): Record<string, Uint8Array> {
  const copy = (name: string) => masks[name]?.slice() ?? new Uint8Array(values[name]!.length).fill(1);
  const weight = copy(layer.weight), reader = copy(layer.reader), taps = weight.length / layer.units;
  const bias = layer.bias === undefined ? undefined : copy(layer.bias);
  const silencers = layer.silencers.map((name) => [name, copy(name)] as const);
  silent.forEach((isSilent, unit) => {
    if (!isSilent) return;
    weight.fill(0, unit * taps, (unit + 1) * taps);
    if (bias) bias[unit] = 0;
    for (const [, mask] of silencers) {
      const own = mask.length / layer.units;
      mask.fill(0, unit * own, (unit + 1) * own);
    }
    eachReading(layer, unit, reader.length, (place) => reader[place] = 0);
  });
  return {
    [layer.weight]: weight,
    [layer.reader]: reader,
    ...(bias && { [layer.bias!]: bias }),
    ...Object.fromEntries(silencers),
  };
}
