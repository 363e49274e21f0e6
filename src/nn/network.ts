/**
 * A network is a value: its layers with their shapes, and the names, shapes and first values of its parameters.
 *
 * @module
 */
import { integer, MOST_SEED } from "../checks/numbers.ts";
import type { InitialDistribution } from "./initializers.ts";
import type { ParameterRole } from "./layers/kind.ts";
import type { NetworkPart } from "./layers/residual.ts";
import { flatten } from "./layers/flatten.ts";
import { kindOf, type Layer } from "./layers/table.ts";
import type { Shape } from "./shape.ts";

/** A named parameter: its shape and the distribution of its first values. */
export interface ParameterSpec {
  /** The layer's name and the parameter's role: "conv1.weight". */
  readonly name: string;
  /**
   * Length of each dimension: `[outputs, inputs, height, width]` of a convolution, `[outputs, inputs]` of a dense
   * layer, `[outputs]` of a bias.
   */
  readonly shape: readonly number[];
  /** From which its first values are drawn. */
  readonly initial: InitialDistribution;
  /** False for state that no gradient trains (running statistics): optimizers, masks and noise leave it alone. */
  readonly trained?: boolean;
  /** The least that a value may be; by default any is right. */
  readonly least?: number;
}

/** A layer in its place: named, with the shapes of its input and output. */
export interface PlacedLayer {
  /** Unique in its network: as given, or its kind and a number. */
  readonly name: string;
  /** What it does. */
  readonly layer: Layer;
  /** Of one image, as the layer before gives it. */
  readonly inputShape: Shape;
  /** Of one image, as the layer behind takes it. */
  readonly outputShape: Shape;
  /** Places of its parameters among the network's; absent where it has none. */
  readonly parameters: Readonly<Partial<Record<ParameterRole, number>>>;
}

/** A network as {@link sequential} makes it. */
export interface Network {
  /** Of one image. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  /** Of what the last layer gives for one image; `[classes]` in a classifier. */
  readonly outputShape: Shape;
  /** In the order of computation. */
  readonly layers: readonly PlacedLayer[];
  /** In the order of the layers, weight before bias: the order of the gradients. */
  readonly parameters: readonly ParameterSpec[];
  /** From which the first values of all parameters are drawn. */
  readonly seed: number;
}

/** The values of a network's parameters by their names, each in its specification's row-major order. */
export type ParameterValues = Readonly<Record<string, Float32Array>>;

/**
 * A network of layers one after the other, for images of `inputShape`. Layers without a name are numbered by kind:
 * conv1, relu1, pool1, fc1.
 *
 * @param inputShape channels, height and width of an image
 * @param layers at least one: layers, and residuals of layers
 * @param options `seed` (default 1), an unsigned 32-bit integer: the same seed gives the same first parameters
 * everywhere
 * @throws {RangeError} if a layer does not fit the output of the one before it, a name occurs twice or the seed is out
 * of range.
 * @example
 * ```ts
 * import { conv2d, dense, flatten, relu, sequential } from "@tacet/tacet";
 * const network = sequential([1, 28, 28], [conv2d({ channels: 8, kernel: 3, stride: 2 }), relu(), flatten(), dense({ outputs: 10 })]);
 * console.log(network.outputShape); // [10]
 * ```
 */
export function sequential(
  inputShape: readonly [number, number, number],
  layers: readonly NetworkPart[],
  options: { seed?: number } = {},
): Network {
  if (inputShape.length !== 3 || !inputShape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new RangeError(`inputShape is [${inputShape}]; it must be three positive integers: channels, height, width`);
  }
  if (layers.length === 0) throw new RangeError("a network needs at least one layer");
  const seed = integer("seed", options.seed ?? 1, 0, MOST_SEED);
  const placed: PlacedLayer[] = [];
  const parameters: ParameterSpec[] = [];
  const counts = new Map<string, number>();
  let shape: Shape = inputShape;
  const place = (layer: Layer) => {
    const kind = kindOf(layer), { prefix } = kind;
    const ordinal = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, ordinal);
    const name = layer.name ?? (layer.kind === "flatten" && ordinal === 1 ? prefix : `${prefix}${ordinal}`);
    const before = (name: string) => placed.find((other) => other.name === name);
    if (before(name)) throw new RangeError(`two layers are named ${name}; names must be unique`);
    const outputShape = kind.outputShape(name, layer, shape, (name) => before(name)?.inputShape);
    const places: Partial<Record<ParameterRole, number>> = {};
    for (const { role, ...parameter } of kind.parameters(layer, shape)) {
      places[role] = parameters.push({ name: `${name}.${role}`, ...parameter }) - 1;
    }
    placed.push({ name, layer, inputShape: shape, outputShape, parameters: places });
    shape = outputShape;
  };
  const placeAll = (parts: readonly NetworkPart[]) => {
    for (const part of parts) {
      if (part.kind !== "residual") {
        place(part);
        continue;
      }
      const start = placed.length, { kind: _, layers, ...options } = part;
      placeAll(layers);
      place({ kind: "add", ...options, from: placed[start]!.name });
    }
  };
  placeAll(layers);
  return { inputShape, outputShape: shape, layers: placed, parameters, seed };
}

/**
 * The first layers of a network, up to and with the named one: what an attacker who sees that layer's output knows of
 * it. Its parameters keep their names, order and first values.
 *
 * @throws {RangeError} if the network has no layer of that name.
 * @example
 * ```ts
 * import { lenet5, sliceNetwork } from "@tacet/tacet";
 * const part = sliceNetwork(lenet5(), "relu3"); // the tutorial's LeNet5_part: the 120 features of fc1 after ReLU
 * ```
 */
export function sliceNetwork(network: Network, layerName: string): Network {
  const end = placeOf(network, layerName);
  const layers = network.layers.slice(0, end + 1);
  const count = layers.reduce((sum, { parameters }) => sum + Object.keys(parameters).length, 0);
  return {
    inputShape: network.inputShape,
    outputShape: layers[end]!.outputShape,
    layers,
    parameters: network.parameters.slice(0, count),
    seed: network.seed,
  };
}

/**
 * The layers behind the named one, as a network of their own: what is computed from what that layer gives out, laid as
 * an image of one pixel a channel if it is flat. Parameters keep their names, order and first values.
 *
 * @throws {RangeError} if the network has no layer of that name, or a residual goes over it.
 * @example
 * ```ts
 * import { lenet5, restOfNetwork } from "@tacet/tacet";
 * console.log(restOfNetwork(lenet5(), "relu3").inputShape); // [120, 1, 1]
 * ```
 */
export function restOfNetwork(network: Network, layerName: string): Network {
  const end = placeOf(network, layerName), { outputShape } = network.layers[end]!;
  const rest = network.layers.slice(end + 1), first = sliceNetwork(network, layerName).parameters.length;
  const over = rest.find(({ layer }) => layer.kind === "add" && !rest.some(({ name }) => name === layer.from));
  if (over) throw new RangeError(`the residual that ${over.name} ends begins before ${layerName}; cut where none is`);
  const moved = rest.map((placed): PlacedLayer => ({
    ...placed,
    parameters: Object.fromEntries(Object.entries(placed.parameters).map(([role, place]) => [role, place - first])),
  }));
  const [channels, height = 1, width = 1] = outputShape, inputShape = [channels, height, width] as const;
  const flat: PlacedLayer = {
    name: `${layerName} as it is`,
    layer: flatten(),
    inputShape,
    outputShape,
    parameters: {},
  };
  return {
    inputShape,
    outputShape: network.outputShape,
    layers: outputShape.length === 1 ? [flat, ...moved] : moved,
    parameters: network.parameters.slice(first),
    seed: network.seed,
  };
}

/** The place of a layer among the others. */
function placeOf({ layers }: Network, layerName: string): number {
  const place = layers.findIndex(({ name }) => name === layerName);
  if (place >= 0) return place;
  throw new RangeError(
    `the network has no layer ${JSON.stringify(layerName)}; its layers are ${
      layers.map(({ name }) => name).join(", ")
    }`,
  );
}
