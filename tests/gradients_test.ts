/**
 * The gradients of whole networks: of the reference engine in float64 against finite differences, of the wasm engine against the reference's.
 */
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  averagePool2d,
  type BatchSource,
  conv2d,
  dense,
  type Engine,
  type EngineOptions,
  flatten,
  type Layer,
  lenet5,
  maxPool2d,
  type Network,
  openEngine,
  type Program,
  Random,
  relu,
  sequential,
  sizeOf,
} from "../mod.ts";
import { bestBuild } from "../src/engine/wasm/module.ts";
import { assert, assertEquals } from "#std/assert";
import { trainNothing } from "./gpu/no_parameters.ts";

const BUILDS: readonly EngineOptions[] = [
  { engine: "wasm", build: "simd128" },
  ...(bestBuild === "relaxed" ? [{ engine: "wasm", build: "relaxed" } as const] : []),
];
const CLASSES = 4;

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
  });

const CASE = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 })),
  spatial: fc.array(wish(["block", "conv2d", "relu", "maxPool2d", "averagePool2d"]), { maxLength: 4 }),
  flat: fc.array(wish(["dense", "relu"]), { maxLength: 3 }),
  bias: fc.boolean(),
  /** The share of weights that no mask suppresses. */
  density: fc.constantFrom(1, 1, 0.6, 0.1),
  labels: fc.constantFrom("integer" as const, "oneHot" as const),
  images: fc.integer({ min: 1, max: 3 }),
  missing: fc.integer({ min: 0, max: 2 }),
  seed: fc.nat(),
});
type Case = typeof CASE extends fc.Arbitrary<infer T> ? T : never;

function networkOf({ shape, spatial, flat, bias }: Case): Network {
  const layers: Layer[] = [];
  const roomFor = (wished: readonly [number, number], padding: readonly [number, number] = [0, 0]) => {
    const [, height, width] = layers.length === 0 ? shape : sequential(shape, layers).outputShape as typeof shape;
    return [Math.min(wished[0], height + 2 * padding[0]), Math.min(wished[1], width + 2 * padding[1])] as const;
  };
  for (const { kind, channels, window, stride, pool, padding, bias } of spatial) {
    if (kind === "conv2d" || kind === "block") {
      layers.push(conv2d({ channels, kernel: roomFor(window, padding), stride, padding, bias }));
    }
    if (kind === "relu" || kind === "block") layers.push(relu());
    if (kind === "block") layers.push(maxPool2d({ window: roomFor(pool), stride }));
    if (kind === "maxPool2d") layers.push(maxPool2d({ window: roomFor(window), stride }));
    if (kind === "averagePool2d") layers.push(averagePool2d({ window: roomFor(window), stride }));
  }
  layers.push(flatten());
  for (const { kind, channels, bias } of flat) {
    layers.push(kind === "relu" ? relu() : dense({ outputs: 2 * channels, bias }));
  }
  return sequential(shape, [...layers, dense({ outputs: CLASSES, bias })]);
}

interface Drawn {
  /** 0 where masked. */
  readonly values: Record<string, Float32Array>;
  /** Of the weights, if any are suppressed. */
  readonly masks: Record<string, Uint8Array>;
}

/**
 * Parameters of any size, or multiples of a `grain`: then exact in float32 even when a small power of two is added. But such weights may add up to exactly 0, and
 * rounding decides what a ReLU makes of it.
 */
function drawParameters(network: Network, seed: number, density = 1, grain = 2 ** -40): Drawn {
  const random = new Random(seed, 1);
  const values: Drawn["values"] = {}, masks: Drawn["masks"] = {};
  for (const { name, shape } of network.parameters) {
    const largest = shape.length === 1 ? 0.25 : Math.min(1, 3 / Math.sqrt(sizeOf(shape.slice(1))));
    const draw = () => Math.round(random.uniform(-largest, largest) / grain) * grain;
    values[name] = Float32Array.from({ length: sizeOf(shape) }, draw);
    if (shape.length === 1 || density === 1) continue;
    masks[name] = Uint8Array.from({ length: sizeOf(shape) }, () => Number(random.uniform() < density));
    values[name] = values[name].map((value, i) => masks[name]![i] ? value : 0);
  }
  return { values, masks };
}

function setParameters(program: Program, { values, masks }: Drawn): void {
  program.parameters.setValues(values);
  program.parameters.setMasks(masks);
}

/** Bytes that leave room for two up or down. */
function drawSource(network: Network, count: number, labels: BatchSource["labels"], scale: number, seed: number) {
  const [channels, height, width] = network.inputShape;
  const random = new Random(seed, 2);
  const images = Uint8Array.from({ length: count * channels * height * width }, () => 2 + random.integer(252));
  const classes = Uint8Array.from({ length: count }, () => random.integer(CLASSES));
  const source = { images, count, channels, height, width, labels: classes, classes: CLASSES };
  return { source, size: [height, width] as const, scale, labels };
}

const first = (count: number) => Int32Array.from({ length: count }, (_, index) => index);

async function lossOf(program: Program): Promise<number> {
  program.gradients();
  return await program.loss();
}

/**
 * The derivative from five equidistant values by Richardson's extrapolation; undefined where the function has a kink among them (a ReLU at 0, equal maxima). Then
 * the difference quotients over one and two steps disagree (an odd kink), or the second differences do not shrink with the step (an even one).
 */
function slope([a, b, c, d, e]: readonly [number, number, number, number, number], step: number): number | undefined {
  const near = (d - b) / (2 * step), far = (e - a) / (4 * step);
  const bend = (b - 2 * c + d) / step, farBend = (a - 2 * c + e) / (2 * step);
  if (Math.abs(near - far) > KINK || Math.abs(farBend - 2 * bend) > KINK) return undefined;
  return (4 * near - far) / 3;
}
const KINK = 2e-6, STEP = 2 ** -12;
const SHIFTS = [-2, -1, 0, 1, 2] as const;
/** Coordinates looked at in each parameter and in the input. */
const LOOKS = 5;
const counts = { compared: 0, kinks: 0 };

function compare(what: string, computed: number, values: readonly number[], network: Network): void {
  const expected = slope(values as [number, number, number, number, number], STEP);
  if (expected === undefined) {
    counts.kinks++;
    return;
  }
  counts.compared++;
  const error = Math.abs(computed - expected);
  const layers = network.layers.map(({ name }) => name).join(", ");
  assert(
    error <= KINK + 1e-6 * Math.abs(expected),
    `${what} of ${layers}: ${computed}, but ${expected} by differences`,
  );
}

async function checkParameters(program: Program, { values, masks }: Drawn, seed: number): Promise<void> {
  const random = new Random(seed, 3);
  for (const name of Object.keys(values)) {
    program.gradients();
    const gradient = await program.parameters.gradient(name);
    for (let look = 0; look < LOOKS; look++) {
      const at = random.integer(gradient.length);
      // A suppressed weight needs no gradient.
      if (masks[name]?.[at] === 0) continue;
      const losses: number[] = [];
      for (const shift of SHIFTS) {
        const moved = values[name]!.slice();
        moved[at]! += shift * STEP;
        program.parameters.setValues({ [name]: moved });
        losses.push(await lossOf(program));
      }
      program.parameters.setValues({ [name]: values[name]! });
      compare(`d${name}[${at}]`, gradient[at]!, losses, program.network);
    }
  }
}

async function checkInput(program: Program, data: BatchSource, images: number, seed: number): Promise<void> {
  const random = new Random(seed, 4);
  program.load(data, first(images));
  program.gradients();
  const gradient = await program.inputGradient();
  for (let look = 0; look < LOOKS; look++) {
    const at = random.integer(gradient.length);
    const losses: number[] = [];
    for (const shift of SHIFTS) {
      // A pixel moves by whole bytes, each one step.
      const moved = data.source.images.slice();
      moved[at]! += shift;
      program.load({ ...data, source: { ...data.source, images: moved } }, first(images));
      losses.push(await lossOf(program));
    }
    compare(`dInput[${at}]`, gradient[at]!, losses, program.network);
  }
}

describe("the reference engine's gradients", () => {
  test("are what finite differences say, of every layer, with either form of labels", async () => {
    const engine = await openEngine({ engine: "reference", build: "float64" });
    await fc.assert(
      fc.asyncProperty(CASE, async (one) => {
        const network = networkOf(one);
        const program = engine.program(network, { batchSize: one.images + one.missing, gradients: "both" });
        const drawn = drawParameters(network, one.seed, one.density, 2 ** -10);
        setParameters(program, drawn);
        const data = drawSource(network, one.images, one.labels, STEP, one.seed);
        program.load(data, first(one.images));
        await checkParameters(program, drawn, one.seed);
        await checkInput(program, data, one.images, one.seed);
      }),
      { numRuns: 100 },
    );
    assert(counts.compared > 1000 && counts.kinks < counts.compared / 20, `too many kinks: ${JSON.stringify(counts)}`);
  });
});

/** Loss and gradients of a batch: of the input, and of every parameter by its name; 0 for suppressed weights, which need none. */
async function gradientsOf(
  engine: Engine,
  network: Network,
  drawn: Drawn,
  data: BatchSource,
  images: number,
  batchSize = images,
): Promise<Record<string, Float32Array>> {
  const program = engine.program(network, { batchSize, gradients: "both" });
  setParameters(program, drawn);
  program.load(data, first(images));
  const loss = Float32Array.of(await lossOf(program));
  const all: Record<string, Float32Array> = { loss, input: await program.inputGradient() };
  for (const { name } of network.parameters) {
    const gradient = await program.parameters.gradient(name);
    all[name] = gradient.map((value, i) => drawn.masks[name]?.[i] === 0 ? 0 : value);
  }
  return all;
}

/** Throws unless every tensor is within `tolerance` of the expected one, relative to its norm, and `floor` for each element, which a sum that cancels out needs. */
function assertNear(
  actual: Record<string, Float32Array>,
  expected: Record<string, Float32Array>,
  tolerance: number,
  where: string,
  floor = 0,
): void {
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [name, right] of Object.entries(expected)) {
    let error = 0, norm = 0;
    right.forEach((value, i) => {
      error += (actual[name]![i]! - value) ** 2;
      norm += value ** 2;
    });
    const allowed = tolerance * Math.sqrt(norm) + floor * Math.sqrt(right.length);
    assert(Math.sqrt(error) <= allowed, `${name} of ${where}: off by ${Math.sqrt(error / norm)}`);
  }
}

describe("the wasm engine's loss and gradients", () => {
  for (const options of BUILDS) {
    for (const batchSize of [1, 3, 8, 13, 32]) {
      test(`are the reference's for LeNet-5 and ${batchSize} images (${options.build})`, async () => {
        const [wasm, reference] = [await openEngine(options), await openEngine({ engine: "reference" })];
        const network = lenet5({ seed: batchSize });
        const drawn = { values: await wasm.program(network, { batchSize: 1 }).parameters.values(), masks: {} };
        const data = drawSource(network, batchSize, "integer", 1 / 255, batchSize);
        const expected = await gradientsOf(reference, network, drawn, data, batchSize);
        assertNear(await gradientsOf(wasm, network, drawn, data, batchSize), expected, 2e-5, "LeNet-5");
      });
    }

    test(`are the reference's for networks of any layers (${options.build})`, async () => {
      const [wasm, reference] = [
        await openEngine(options),
        await openEngine({ engine: "reference", build: "float64" }),
      ];
      const property = fc.asyncProperty(CASE, async (one) => {
        const network = networkOf(one);
        const images = one.images * (one.missing + 2);
        const data = drawSource(network, images, one.labels, 1 / 256, one.seed);
        const drawn = drawParameters(network, one.seed, one.density);
        const expected = await gradientsOf(reference, network, drawn, data, images);
        const where = network.layers.map(({ name }) => name).join(", ");
        assertNear(await gradientsOf(wasm, network, drawn, data, images), expected, 2e-5, where, 5e-7);
      });
      // The same cases every time: in one of many thousands, rounding decides between two almost equal maxima.
      await fc.assert(property, { numRuns: 150, seed: 1 });
    });

    test(`of an incomplete batch are those of a program of that size (${options.build})`, async () => {
      const wasm = await openEngine(options);
      const network = lenet5();
      const drawn = { values: await wasm.program(network, { batchSize: 1 }).parameters.values(), masks: {} };
      const data = drawSource(network, 32, "integer", 1 / 255, 5);
      for (const [images, batchSize] of [[1, 8], [3, 8], [9, 16]] as const) {
        const exact = await gradientsOf(wasm, network, drawn, data, images);
        // As many lanes, so the very same sums.
        assertEquals(await gradientsOf(wasm, network, drawn, data, images, batchSize), exact);
      }
      for (const [images, batchSize] of [[1, 32], [5, 13], [13, 32], [31, 40]] as const) {
        const exact = await gradientsOf(wasm, network, drawn, data, images);
        const where = `${images} images in a program of ${batchSize}`;
        assertNear(await gradientsOf(wasm, network, drawn, data, images, batchSize), exact, 2e-6, where);
      }
    });
  }

  test("follow the masks: after each change they are those of a new program with the same masks", async () => {
    for (const options of BUILDS) {
      const engine = await openEngine(options), network = lenet5();
      const program = engine.program(network, { batchSize: 8, gradients: "both" });
      const data = drawSource(network, 8, "integer", 1 / 255, 6);
      const check = async (where: string) => {
        program.load(data, first(8));
        const { parameters } = program;
        const drawn = { values: await parameters.values(), masks: await parameters.masks() };
        const kept = async (name: string) =>
          (await parameters.gradient(name)).map((value, i) => drawn.masks[name]?.[i] === 0 ? 0 : value);
        const expected = await gradientsOf(engine, network, drawn, data, 8);
        assertEquals(Math.fround(await lossOf(program)), expected.loss![0], where);
        for (const { name } of network.parameters) assertEquals(await kept(name), expected[name], `${name} ${where}`);
        assertEquals(await program.inputGradient(), expected.input, where);
      };
      await check("at first");
      for (const density of [0.6, 0.05, 0.3]) {
        setParameters(program, drawParameters(network, 1, density));
        await check(`at density ${density}`);
      }
      const kept = drawParameters(network, 2);
      setParameters(program, { ...kept, masks: drawParameters(network, 2, 2).masks });
      await check("when all are kept again");
      const rule = { minNum: -1, lr: 0.1, isLowerClip: false, isAddNoise: false, upperBound: 1.2, seed: 1, stream: 1 };
      for (const stop of [1000, 2300]) {
        await program.parameters.suppressExact("conv2.weight", { ...rule, stop });
        await program.parameters.suppressApproximate("fc1.weight", { rank: 20 * stop, first: stop === 1000, lr: 0.1 });
        program.parameters.applyMasks();
        program.parameters.clearDeWeights();
        await check(`when ${stop} weights of conv2 are suppressed`);
      }
    }
  });

  test("do not depend on what an earlier, fuller batch left behind", async () => {
    for (const options of BUILDS) {
      const program = (await openEngine(options)).program(lenet5(), { batchSize: 8, gradients: "both" });
      const data = drawSource(lenet5(), 8, "oneHot", 1 / 255, 6);
      const read = async () => [await lossOf(program), await program.parameters.gradient("fc3.weight")];
      program.load(data, [2, 1]);
      const before = await read();
      program.load(data, first(8));
      assert((await read())[0] !== before[0]);
      program.load(data, [2, 1]);
      assertEquals(await read(), before);
    }
  });
});

describe("a network without parameters", () => {
  for (const options of [...BUILDS, { engine: "reference" } as const]) {
    test(`takes a step by any rule, which changes nothing (${options.engine} ${options.build ?? ""})`, async () => {
      await trainNothing(await openEngine(options));
    });
  }
});
