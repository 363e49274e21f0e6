/** Which units fall silent, worked out from whole tensors: what the kernels of every engine are held to. */
import { batchNorm, conv2d, dense, flatten, relu, sequential } from "../../mod.ts";
import type { ParameterValues } from "../../src/nn/mod.ts";
import { eachReading } from "../../src/nn/units.ts";
import type { UnitLayer } from "../../src/suppress/units.ts";

/** Normalised behind the convolution, behind the flatten and behind the dense layer: several values of each unit. */
export const NORMALISED = sequential([2, 6, 5], [
  conv2d({ channels: 7, kernel: 3 }),
  batchNorm(),
  relu(),
  flatten(),
  batchNorm(),
  dense({ outputs: 14 }),
  batchNorm(),
  dense({ outputs: 4 }),
], { seed: 2 });

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

/**
 * The units that fall silent so that `target` are, the least important first, of equals the first: those that are
 * silent already, and the new ones.
 */
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
