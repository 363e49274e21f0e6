/**
 * The units of a network: outputs of dense layers and channels of convolutions, with the weights that make them and those
 * that read them.
 *
 * @module
 */
import { kindOf, makesUnits } from "./layers/table.ts";
import type { Network, PlacedLayer } from "./network.ts";
import { sizeOf } from "./shape.ts";

/** The units of a layer that another one reads. */
export interface Units {
  /** The layer's name. */
  readonly name: string;
  /** Its number of units. */
  readonly units: number;
  /** The name of its weight, `[units][...]`. */
  readonly weight: string;
  /** The name of its bias, `[units]`. */
  readonly bias: string | undefined;
  /** The names of parameters `[units][...]` of layers that hand the units on: they silence a unit if its own are 0. */
  readonly silencers: readonly string[];
  /** The name of the weight that reads the units, `[outputs][units][columns]`. */
  readonly reader: string;
  /** How many weights of each of the reader's outputs read a unit. */
  readonly columns: number;
  /** Whether a unit that is 0 is 0 for the reader, too, if its silencers are. */
  readonly keepsZero: boolean;
}

/** The layers that make units, in order. */
export function makersOf(network: Network): PlacedLayer[] {
  return network.layers.filter(({ layer }) => makesUnits(kindOf(layer).units));
}

/** The units of every layer that makes some, but of the last: its units are the network's output. */
export function unitsOf(network: Network): Units[] {
  const parameter = (index: number) => network.parameters[index]!, makers = makersOf(network);
  return makers.slice(0, -1).map((maker, index): Units => {
    const next = makers[index + 1]!, { weight, bias } = maker.parameters, units = maker.outputShape[0];
    const reader = parameter(next.parameters.weight!);
    const between = network.layers.slice(network.layers.indexOf(maker) + 1, network.layers.indexOf(next));
    const silencers = between.flatMap(({ layer, parameters }) => {
      const row = kindOf(layer).units;
      return makesUnits(row) ? [] : (row.silencers ?? []).map((role) => parameter(parameters[role]!).name);
    });
    return {
      name: maker.name,
      units,
      weight: parameter(weight!).name,
      bias: bias === undefined ? undefined : parameter(bias).name,
      silencers,
      reader: reader.name,
      columns: sizeOf(reader.shape.slice(1)) / units,
      keepsZero: between.every(({ layer }) => {
        const row = kindOf(layer).units;
        return makesUnits(row) || row.keepsZero || row.silencers !== undefined;
      }),
    };
  });
}

/** Calls `visit` with the places of the weights that read a unit, in a reading weight of so many values. */
export function eachReading(
  { units, columns }: Units,
  unit: number,
  values: number,
  visit: (place: number) => void,
): void {
  for (let row = unit * columns; row < values; row += units * columns) {
    for (let column = 0; column < columns; column++) visit(row + column);
  }
}
