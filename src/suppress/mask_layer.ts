/**
 * Which parameters are suppressed, and how.
 *
 * @module
 */
import { integer, positive } from "../checks/numbers.ts";
import { type ParameterSpec, sizeOf } from "../nn/mod.ts";

/** A layer to suppress; MindArmour's `MaskLayerDes`. */
export interface MaskLayerDes {
  /** The name of a parameter, "conv1.weight", or a part of one that no other parameter's name has. */
  readonly layerName: string;
  /** Single weights, as MindArmour does (the default); for whole units see {@link UnitLayerDes}. */
  readonly granularity?: "weight";
  /** The parameter's index in the list of gradients; found from the name if left out. */
  readonly gradIdx?: number;
  /** Whether weights beyond 0.5 receive noise from uniform(-0.1, 0.1) at each operation. */
  readonly isAddNoise: boolean;
  /** Whether kept weights within 0.005 are pushed out to it. */
  readonly isLowerClip: boolean;
  /** Never fewer weights than this are left; -1 for no limit. */
  readonly minNum: number;
  /** Kept weights beyond this are pulled back to it; default 1.20, at least 0.10. */
  readonly upperBound?: number;
}

/** A mask layer that was matched to its parameter. */
export interface MaskLayer extends Required<Omit<MaskLayerDes, "granularity">> {
  /** The parameter's full name. */
  readonly name: string;
  /** Its number of weights. */
  readonly count: number;
  /**
   * Whether it is handled by the approximate rules: more than 10,000 weights, and not the network's first parameter.
   */
  readonly approximate: boolean;
}

const APPROXIMATE_ABOVE = 10_000;
const LEAST_UPPER_BOUND = 0.10;

function match(where: string, { layerName, gradIdx }: MaskLayerDes, specs: readonly ParameterSpec[]): number {
  if (typeof layerName !== "string" || layerName === "") {
    throw new TypeError(`${where}: layerName is ${JSON.stringify(layerName)}; it must be the name of a parameter`);
  }
  if (gradIdx !== undefined) integer(`${where}: gradIdx`, gradIdx, 0, Infinity, ", or left out");
  const names = specs.map((spec) => spec.name);
  const exact = names.indexOf(layerName);
  const found = exact >= 0 ? [exact] : names.flatMap((name, index) => name.includes(layerName) ? [index] : []);
  if (found.length === 0) {
    throw new RangeError(
      `${where}: layerName ${JSON.stringify(layerName)} matches no parameter; there are ${names.join(", ")}`,
    );
  }
  if (gradIdx === undefined && found.length > 1) {
    const matches = found.map((index) => names[index]).join(" and ");
    throw new RangeError(`${where}: layerName ${JSON.stringify(layerName)} matches ${matches}; write the whole name`);
  }
  if (gradIdx !== undefined && !found.includes(gradIdx)) {
    const right = found.map((index) => `${index} (${names[index]})`).join(" or ");
    throw new RangeError(`${where}: gradIdx is ${gradIdx}, but ${JSON.stringify(layerName)} has index ${right}`);
  }
  return gradIdx ?? found[0]!;
}

function checkNumbers(where: string, { minNum, upperBound = 1.2 }: MaskLayerDes): number {
  if (!Number.isInteger(minNum) || minNum < -1) {
    throw new RangeError(
      `${where}: minNum is ${minNum}; it must be -1 (no limit) or the least number of weights to leave, an integer of at least 0`,
    );
  }
  return Math.max(positive(`${where}: upperBound`, upperBound), LEAST_UPPER_BOUND);
}

/**
 * Matches mask layers to parameters and checks them; the result is in the order of the parameters.
 *
 * @throws {RangeError | TypeError} that names the layer, the field, its value and the rule.
 */
export function resolveMaskLayers(layers: readonly MaskLayerDes[], specs: readonly ParameterSpec[]): MaskLayer[] {
  const resolved = layers.map((layer, index): MaskLayer => {
    const where = `maskLayers[${index}]`;
    const gradIdx = match(where, layer, specs);
    const { name, shape, trained } = specs[gradIdx]!;
    if (trained === false) {
      throw new RangeError(`${where}: ${name} is state that is not trained: it cannot be suppressed`);
    }
    const count = sizeOf(shape);
    const { layerName, isAddNoise, isLowerClip, minNum } = layer;
    for (const [field, value] of Object.entries({ isAddNoise, isLowerClip })) {
      if (typeof value !== "boolean") {
        throw new TypeError(`${where}: ${field} is ${JSON.stringify(value)}; it must be true or false`);
      }
    }
    const upperBound = checkNumbers(where, layer);
    const approximate = gradIdx !== 0 && count > APPROXIMATE_ABOVE;
    return { layerName, gradIdx, isAddNoise, isLowerClip, minNum, upperBound, name, count, approximate };
  });
  resolved.sort((a, b) => a.gradIdx - b.gradIdx);
  for (let i = 1; i < resolved.length; i++) {
    if (resolved[i]!.gradIdx === resolved[i - 1]!.gradIdx) {
      throw new RangeError(`maskLayers: ${resolved[i]!.name} occurs twice; each parameter can be masked once`);
    }
  }
  return resolved;
}
