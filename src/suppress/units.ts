/**
 * Suppression by unit: whole outputs of a dense layer or channels of a convolution fall silent, with the weights that
 * make them and those that read them.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { UNIT_IMPORTANCES, type UnitImportance } from "../engine/suppression.ts";
import type { Network } from "../nn/mod.ts";
import { eachReading, makersOf, parametersOf, sumOf, type Units, unitsOf } from "../nn/units.ts";

/** A layer whose units are suppressed. */
export interface UnitLayerDes {
  /** The name of the layer, "fc1", or of its weight, "fc1.weight". */
  readonly layerName: string;
  /** Whole units, not single weights. */
  readonly granularity: "unit";
  /** Never fewer units than this are left; a positive integer. */
  readonly minNum: number;
  /**
   * What makes a unit important: the Euclidean norm of its incoming weights and bias, that of its outgoing weights,
   * or (the default) their product. The least important fall silent first.
   */
  readonly importance?: UnitImportance;
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
      const maker = makers.find(({ name }) => layerName === name || layerName === `${name}.weight`);
      if (!maker) {
        const names = makers.map(({ name }) => name).join(", ");
        throw new RangeError(`${where} is no layer with weights; there are ${names}`);
      }
      const summed = sumOf(network, maker);
      if (!summed) {
        throw new RangeError(`${where} gives the network's output: its units are the classes and must stay`);
      }
      const able = all.map(({ name }) => name).join(", ") || "none here";
      throw new RangeError(
        `${where} is one end of a residual: ${summed.sum} adds up the units of ${summed.ends.join(" and ")}, so that ` +
          `one that fell silent here would live on in the sum; suppress its weights one by one, or the units of a ` +
          `layer that no sum takes: ${able}`,
      );
    }
    integer(`${where}: minNum`, minNum, 1, units.units, ", its units");
    if (!UNIT_IMPORTANCES.includes(importance)) {
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

/**
 * How many units of a layer masks silence wholly: all of their weights, their bias, their own of their silencers and
 * what reads them.
 */
export function maskedUnits(layer: UnitLayer, masks: Readonly<Record<string, Uint8Array>>): number {
  const { [layer.reader]: reader } = masks;
  const own = parametersOf(layer).filter((name) => name !== layer.reader).map((name) => masks[name]);
  const isWhole = (unit: number) => {
    if (!reader) return false;
    const isSilent = own.every((mask) => {
      const each = (mask?.length ?? 0) / layer.units;
      return mask?.subarray(unit * each, (unit + 1) * each).every((kept) => kept === 0);
    });
    let isRead = false;
    eachReading(layer, unit, reader.length, (place) => isRead ||= reader[place] !== 0);
    return isSilent && !isRead;
  };
  return Array.from({ length: layer.units }, (_, unit) => isWhole(unit)).filter(Boolean).length;
}
