/** Networks of any layers, with parameters, masks and data to go with them. */
import fc from "fast-check";
import {
  averagePool2d,
  batchNorm,
  type BatchSource,
  conv2d,
  dense,
  dropout,
  flatten,
  type Layer,
  maxPool2d,
  type Network,
  type NetworkPart,
  type Program,
  quantize,
  Random,
  relu,
  sequential,
  type Shape,
  sizeOf,
} from "../../mod.ts";
import { ELEMENTWISE_NAMES, type ElementwiseName } from "../../src/nn/layers/table.ts";
import { residualOf } from "./any_residual.ts";

const CLASSES = 4;
/** What a byte of an image is worth where gradients are compared with differences. */
export const BYTE = 2 ** -12;

/** A layer before the sizes are known: its windows are cut to what fits. */
interface Wish {
  /** "block" is a convolution, ReLU and max-pool, which engines may take as one. */
  readonly kind: Layer["kind"] | "block";
  readonly channels: number;
  readonly window: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pool: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly bias: boolean;
  readonly seed: number;
}

/** How a wish becomes a layer, and where it may stand: before the flatten, behind it, or in either place. */
interface Wished {
  readonly where: "spatial" | "flat" | "anywhere";
  /** `room` cuts a window to what fits; `reached` is the shape so far. */
  layer(wish: Wish, room: Room, reached: () => Shape, images: number, isFirst: boolean): NetworkPart;
}
type Room = (wished: readonly [number, number], padding?: readonly [number, number]) => readonly [number, number];

const FUNCTIONS = Object.fromEntries(
  ELEMENTWISE_NAMES.map((kind): [string, Wished] => [kind, { where: "anywhere", layer: () => ({ kind }) }]),
) as Record<ElementwiseName, Wished>;

/** Batch normalisation, or a ReLU where it would have a single value of a unit, which has no variance. */
function normOf(shape: Shape, images: number): Layer {
  // With a large epsilon the slopes are bounded, as finite differences need them.
  return images > 1 || sizeOf(shape) > shape[0] ? batchNorm({ epsilon: 0.25 }) : relu();
}

const WISHES: Readonly<Record<Layer["kind"], Wished>> = {
  ...FUNCTIONS,
  conv2d: {
    where: "spatial",
    layer: ({ channels, window, stride, padding, bias }, room) =>
      conv2d({ channels, kernel: room(window, padding), stride, padding, bias }),
  },
  maxPool2d: {
    where: "spatial",
    layer: ({ window, stride }, room) => maxPool2d({ window: room(window), stride }),
  },
  averagePool2d: {
    where: "spatial",
    layer: ({ window, stride }, room) => averagePool2d({ window: room(window), stride }),
  },
  dense: { where: "flat", layer: ({ channels, bias }) => dense({ outputs: 2 * channels, bias }) },
  flatten: { where: "flat", layer: () => flatten() },
  // A sum ends a residual.
  add: {
    where: "anywhere",
    layer: (wish, _room, reached, images) => residualOf(wish, reached(), (shape) => normOf(shape, images)),
  },
  batchNorm: { where: "anywhere", layer: (_wish, _room, reached, images) => normOf(reached(), images) },
  // Its gradient is none of the steps that it makes: only of the input's own bytes, which it leaves as they are.
  quantize: {
    where: "spatial",
    layer: (_wish, _room, _reached, _images, isFirst) =>
      isFirst ? quantize({ levels: 256, bound: 255 * BYTE }) : relu(),
  },
  dropout: { where: "anywhere", layer: ({ channels, seed }) => dropout({ rate: channels / 10, seed }) },
};

/** The kinds of layers that may stand there. */
function kindsFor(place: "spatial" | "flat"): Layer["kind"][] {
  const kinds = Object.keys(WISHES) as Layer["kind"][];
  return kinds.filter((kind) => [place, "anywhere"].includes(WISHES[kind].where));
}

const pairOf = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const wish = (kinds: readonly Wish["kind"][]): fc.Arbitrary<Wish> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    channels: fc.integer({ min: 1, max: 5 }),
    window: pairOf(1, 3),
    stride: pairOf(1, 2),
    pool: pairOf(1, 3),
    padding: pairOf(0, 2),
    bias: fc.boolean(),
    seed: fc.nat(),
  });

/** What a network and a batch for it are made from. */
export const CASE = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 })),
  spatial: fc.array(wish(["block", ...kindsFor("spatial")]), { maxLength: 4 }),
  flat: fc.array(wish(kindsFor("flat")), { maxLength: 3 }),
  bias: fc.boolean(),
  /** The share of weights that no mask suppresses. */
  density: fc.constantFrom(1, 1, 0.6, 0.1),
  labels: fc.constantFrom("integer" as const, "oneHot" as const),
  images: fc.integer({ min: 1, max: 3 }),
  missing: fc.integer({ min: 0, max: 2 }),
  seed: fc.nat(),
});
type Case = typeof CASE extends fc.Arbitrary<infer T> ? T : never;

/** The network of a case, ending in a dense layer. */
export function networkOf({ shape, spatial, flat, bias, images }: Case): Network {
  const layers: NetworkPart[] = [];
  const reached = (): Shape => layers.length === 0 ? shape : sequential(shape, layers).outputShape;
  const room: Room = (wished, padding = [0, 0]) => {
    const [, height, width] = reached() as typeof shape;
    return [Math.min(wished[0], height + 2 * padding[0]), Math.min(wished[1], width + 2 * padding[1])] as const;
  };
  const add = (wish: Wish) => {
    if (wish.kind !== "block") layers.push(WISHES[wish.kind].layer(wish, room, reached, images, layers.length === 0));
    else layers.push(WISHES.conv2d.layer(wish, room, reached, images, false), relu());
    if (wish.kind === "block") layers.push(maxPool2d({ window: room(wish.pool), stride: wish.stride }));
  };
  spatial.forEach(add);
  layers.push(flatten());
  flat.forEach(add);
  return sequential(shape, [...layers, dense({ outputs: CLASSES, bias })]);
}

/** Parameters of a network. */
export interface Drawn {
  /** 0 where masked. */
  readonly values: Record<string, Float32Array>;
  /** Of the weights, if any are suppressed. */
  readonly masks: Record<string, Uint8Array>;
}

/**
 * Parameters of any size, or multiples of a `grain`: then exact in float32 even when a small power of two is added. But
 * such weights may add up to exactly 0, and rounding decides what a ReLU makes of it.
 */
export function drawParameters(network: Network, seed: number, density = 1, grain = 2 ** -40): Drawn {
  const random = new Random(seed, 1);
  const values: Drawn["values"] = {}, masks: Drawn["masks"] = {};
  for (const { name, shape, least } of network.parameters) {
    const largest = shape.length === 1 ? 0.25 : Math.min(1, 3 / Math.sqrt(sizeOf(shape.slice(1))));
    const draw = () => Math.round(random.uniform(-largest, largest) / grain) * grain;
    values[name] = Float32Array.from(
      { length: sizeOf(shape) },
      () => least === undefined ? draw() : least + 0.5 + draw(),
    );
    if (shape.length === 1 || density === 1) continue;
    masks[name] = Uint8Array.from({ length: sizeOf(shape) }, () => Number(random.uniform() < density));
    values[name] = values[name].map((value, i) => masks[name]![i] ? value : 0);
  }
  return { values, masks };
}

/** Gives a program the parameters, and their masks. */
export function setParameters(program: Program, { values, masks }: Drawn): void {
  program.parameters.setValues(values);
  program.parameters.setMasks(masks);
}

/** Labelled images; their bytes leave room for two up or down. */
export function drawSource(
  network: Network,
  count: number,
  labels: BatchSource["labels"],
  scale: number,
  seed: number,
) {
  const [channels, height, width] = network.inputShape;
  const random = new Random(seed, 2);
  const images = Uint8Array.from({ length: count * channels * height * width }, () => 2 + random.integer(252));
  const classes = Uint8Array.from({ length: count }, () => random.integer(CLASSES));
  const source = { images, count, channels, height, width, labels: classes, classes: CLASSES };
  return { source, size: [height, width] as const, scale, labels };
}

/** Indices of the first images. */
export const first = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

/** The loss of the batch that is loaded, in the same step of training each time; its gradients are computed, too. */
export async function lossOf(program: Program): Promise<number> {
  program.gradients(0);
  return await program.loss();
}
