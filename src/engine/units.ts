/**
 * Where a layer's units lie among the parameters of a program.
 *
 * @module
 */
import { type ParameterSpec, sizeOf, type Units } from "../nn/mod.ts";
import type { PlacedUnits } from "./backend.ts";

/**
 * The places of units' parameters, and how their weights are counted.
 *
 * @param placeOf gives a parameter's place by its name
 * @throws {RangeError} if a name is unknown or a parameter's size is not that of so many units.
 */
export function placeUnits(
  { name, units, weight, bias, silencers, reader, columns }: Units,
  specs: readonly ParameterSpec[],
  placeOf: (name: string) => number,
): PlacedUnits {
  const placed = (parameter: string, each: number, what: string) => {
    const place = placeOf(parameter), size = sizeOf(specs[place]!.shape);
    if (size > 0 && Number.isInteger(size / each)) return { place, times: size / each };
    throw new RangeError(`${parameter} has ${size} values, which are not ${what} of the ${units} units of ${name}`);
  };
  const made = placed(weight, units, "some for each"), read = placed(reader, units * columns, `${columns} for each`);
  const biases = bias === undefined ? undefined : placed(bias, units, "one for each");
  if (biases && biases.times !== 1) {
    throw new RangeError(`${bias} has ${biases.times * units} values; it must have one for each of ${units} units`);
  }
  return {
    weight: made.place,
    bias: biases?.place,
    reader: read.place,
    silencers: silencers.map((silencer) => placed(silencer, units, "some for each").place),
    units,
    taps: made.times,
    rows: read.times,
    columns,
  };
}
