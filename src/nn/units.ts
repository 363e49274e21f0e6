/**
 * The units of a network: outputs of dense layers and channels of convolutions, with the weights that make them and
 * those that read them.
 *
 * @module
 */
import { forksOf } from "./forks.ts";
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

/** The names of all parameters that a unit falls silent with: those that make it, its silencers and what reads it. */
export function parametersOf({ weight, bias, silencers, reader }: Units): string[] {
  return [weight, ...(bias === undefined ? [] : [bias]), ...silencers, reader];
}

/** The layers that make units, in order. */
export function makersOf(network: Network): PlacedLayer[] {
  return network.layers.filter(({ layer }) => makesUnits(kindOf(layer).units));
}

/**
 * What becomes of a layer's units: another layer's weights read them, a sum takes them, or they are the network's
 * output.
 */
type Fate =
  | { readonly next: PlacedLayer; readonly between: readonly PlacedLayer[] }
  | { readonly sum: PlacedLayer }
  | { readonly isOutput: true };

/** Follows the units of a layer to where they are used. */
function fateOf({ layers }: Network, maker: PlacedLayer): Fate {
  const forks = forksOf(layers), between: PlacedLayer[] = [];
  for (const placed of layers.slice(layers.indexOf(maker) + 1)) {
    const { units } = kindOf(placed.layer), sum = "joins" in units ? placed : forks.get(placed.name);
    if (sum) return { sum };
    if (makesUnits(units)) return { next: placed, between };
    between.push(placed);
  }
  return { isOutput: true };
}

/** The units of every layer that makes some which another layer reads, and no sum takes. */
export function unitsOf(network: Network): Units[] {
  const parameter = (index: number) => network.parameters[index]!;
  return makersOf(network).flatMap((maker): Units[] => {
    const fate = fateOf(network, maker);
    if (!("next" in fate)) return [];
    const { next, between } = fate, { weight, bias } = maker.parameters, units = maker.outputShape[0];
    const reader = parameter(next.parameters.weight!);
    const silencers = between.flatMap(({ layer, parameters }) => {
      const row = kindOf(layer).units;
      return "silencers" in row ? row.silencers!.map((role) => parameter(parameters[role]!).name) : [];
    });
    return [{
      name: maker.name,
      units,
      weight: parameter(weight!).name,
      bias: bias === undefined ? undefined : parameter(bias).name,
      silencers,
      reader: reader.name,
      columns: sizeOf(reader.shape.slice(1)) / units,
      keepsZero: between.every(({ layer }) => {
        const row = kindOf(layer).units;
        return "keepsZero" in row && (row.keepsZero || row.silencers !== undefined);
      }),
    }];
  });
}

/** A sum that takes a layer's units, and whose units it adds up: names of layers, or "the network's input". */
export interface SummedUnits {
  readonly sum: string;
  readonly ends: readonly string[];
}

/** The sum that takes a layer's units; undefined if none does before another layer reads them. */
export function sumOf(network: Network, maker: PlacedLayer): SummedUnits | undefined {
  const fate = fateOf(network, maker), { layers } = network;
  if (!("sum" in fate)) return undefined;
  /** What makes the units in front of a layer. */
  const ends = (at: number): string[] => {
    const before = layers[at - 1];
    if (!before) return ["the network's input"];
    if (makesUnits(kindOf(before.layer).units)) return [before.name];
    const { layer } = before;
    if (layer.kind !== "add") return ends(at - 1);
    return [...ends(layers.findIndex(({ name }) => name === layer.from)), ...ends(at - 1)];
  };
  return { sum: fate.sum.name, ends: [...new Set(ends(layers.indexOf(fate.sum) + 1))] };
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
