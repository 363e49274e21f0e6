/**
 * Layers that do nothing but in training: a finished network does not need them.
 *
 * @module
 */
import { kindOf } from "../nn/layers/table.ts";
import { type Layer, type Network, type PlacedLayer, sequential } from "../nn/mod.ts";

/**
 * A network without them: it has the same parameters, and in evaluation gives the same outputs. A branch that begins
 * with one begins with the layer behind it; a branch of nothing else keeps its first, and so does such a network.
 */
export function withoutIdle(network: Network): Network {
  const { layers } = network, placeOf = (name: string) => layers.findIndex((placed) => placed.name === name);
  const isIdle = ({ layer }: PlacedLayer) => kindOf(layer).inTrainingOnly ?? false;
  const needed = new Set(layers.filter((placed) => !isIdle(placed)).map(({ name }) => name));
  if (needed.size === layers.length || needed.size === 0) return network;
  layers.forEach(({ layer }, place) => {
    if (layer.kind === "add" && layers.slice(placeOf(layer.from), place).every(isIdle)) needed.add(layer.from);
  });
  const beginOf = (from: string) => layers.slice(placeOf(from)).find(({ name }) => needed.has(name))!.name;
  const kept = layers.filter(({ name }) => needed.has(name)).map(({ name, layer }): Layer => (
    layer.kind === "add" ? { ...layer, name, from: beginOf(layer.from) } : { ...layer, name }
  ));
  return sequential(network.inputShape, kept, { seed: network.seed });
}
