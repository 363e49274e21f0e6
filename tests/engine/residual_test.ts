/**
 * Residual connections on every engine of the CPU: against PyTorch, and where memory is shared, against what must come
 * out.
 */
import { describe, test } from "node:test";
import {
  conv2d,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  type Engine,
  type EngineOptions,
  flatten,
  ImageInversionAttack,
  maxPool2d,
  type Network,
  openEngine,
  relu,
  residual,
  sequential,
  sgd,
  sigmoid,
  sizeOf,
  sliceNetwork,
} from "../../mod.ts";
import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { drawParameters } from "../support/any_network.ts";
import { ENGINES } from "../support/engines.ts";
import { noThreads } from "../support/here.ts";
import { GOLDEN } from "./residual_golden.ts";

const ALL: readonly EngineOptions[] = [...ENGINES, { engine: "reference", build: "float64" }];
const nameOf = ({ engine, build }: EngineOptions) => `${engine} ${build ?? ""}`.trim();

const NETWORK = sequential([2, 6, 5], [
  conv2d({ channels: 3, kernel: 3, padding: 1 }),
  relu(),
  residual([
    conv2d({ channels: 4, kernel: 3, padding: 1 }),
    residual([relu(), conv2d({ channels: 4, kernel: 1, bias: false })]),
    conv2d({ channels: 3, kernel: [3, 1], padding: [1, 0] }),
  ]),
  relu(),
  maxPool2d(),
  flatten(),
  dense({ outputs: 5 }),
  residual([dense({ outputs: 5 }), relu()]),
  residual([sigmoid()]),
  dense({ outputs: 4 }),
]);
const VALUES = Object.fromEntries(
  NETWORK.parameters.map(({ name, shape }, j) => [
    name,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i + 3 * j) * 29 % 37 - 18) / 64),
  ]),
);
const IMAGES = Float32Array.from({ length: 2 * 60 }, (_, i) => (i * 37 % 64) / 64), LABELS = [1, 3];

function assertAllNear(actual: Float32Array, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assertEquals(actual.length, expected.length, what);
  actual.forEach((value, i) => assertAlmostEquals(value, expected[i]!, tolerance, `${what}[${i}]`));
}

/** The output y of a network without parameters, and the gradient of the mean of y²: factor * y times the slope. */
async function squares(engine: Engine, network: Network, x: Float32Array) {
  const images = x.length / sizeOf(network.inputShape);
  const program = engine.program(network, { batchSize: images, gradients: "both" });
  program.setInput(x);
  program.forward();
  const y = await program.output();
  program.regressStep(new Float32Array(y.length), sgd({ lr: 1 }));
  return { y, dx: await program.inputGradient(), factor: 2 / y.length };
}

describe("residual connections", () => {
  for (const options of ALL) {
    test(`give PyTorch's output, loss and gradients (${nameOf(options)})`, async () => {
      const engine = await openEngine(options), tolerance = options.build === "float64" ? 2e-7 : 2e-6;
      // A batch that is full, and one with lanes left over.
      for (const batchSize of [2, 11]) {
        const program = engine.program(NETWORK, { batchSize, gradients: "both" }), { parameters } = program;
        parameters.setValues(VALUES);
        program.setInput(IMAGES, LABELS);
        program.gradients();
        assertAlmostEquals(await program.loss(), GOLDEN.loss![0]!, tolerance);
        assertAllNear(await program.output(), GOLDEN.output!, tolerance, "output");
        assertAllNear(await program.inputGradient(), GOLDEN.input!, tolerance, "input");
        for (const { name } of NETWORK.parameters) {
          assertAllNear(await parameters.gradient(name), GOLDEN[name]!, tolerance, name);
        }
      }
    });

    test(`add up where one buffer may be several tensors (${nameOf(options)})`, async () => {
      const engine = await openEngine(options), x = Float32Array.of(-2, -1, 0.5, 3, 1, -0.25, 0, 4);
      const flat = (...layers: Parameters<typeof sequential>[1]) => sequential([4, 1, 1], [flatten(), ...layers]);
      const positive = (value: number) => Number(value > 0), max = (value: number) => Math.max(value, 0);
      const cases: [Network, (x: number) => number, (x: number) => number][] = [
        [flat(residual([flatten()])), (x) => 2 * x, () => 2],
        [flat(residual([relu()])), (x) => x + max(x), (x) => 1 + positive(x)],
        [flat(residual([flatten(), relu()])), (x) => x + max(x), (x) => 1 + positive(x)],
        [flat(relu(), residual([relu(), flatten()])), (x) => 2 * max(x), (x) => 2 * positive(x)],
        [flat(residual([residual([relu()])])), (x) => 2 * x + max(x), (x) => 2 + positive(x)],
        [flat(residual([relu(), residual([relu()])])), (x) => x + 2 * max(x), (x) => 1 + 2 * positive(x)],
        [flat(residual([residual([relu()]), relu()])), (x) => x + max(2 * x), (x) => 1 + 2 * positive(x)],
        [flat(residual([relu()]), residual([relu()]), relu()), (x) => max(4 * x), (x) => 4 * positive(x)],
        [sequential([4, 1, 1], [residual([relu()]), relu()]), (x) => max(2 * x), (x) => 2 * positive(x)],
      ];
      for (const [network, of, slope] of cases) {
        const { y, dx, factor } = await squares(engine, network, x);
        const where = network.layers.map(({ name }) => name).join(", ");
        assertEquals(Array.from(y), Array.from(x, of), where);
        assertAllNear(dx, Array.from(x, (value) => factor * of(value) * slope(value)), 1e-6, where);
      }
    });

    test(`are inverted from what their sum gives (${nameOf(options)})`, async () => {
      const engine = await openEngine(options), network = sliceNetwork(NETWORK, "add2");
      const attack = new ImageInversionAttack({
        engine,
        network,
        parameters: Object.fromEntries(network.parameters.map(({ name }) => [name, VALUES[name]!])),
        inputBound: [0, 1],
      });
      for (const [method, share] of [["sign", 0.9], ["adam", 0.5]] as const) {
        const losses: number[] = [];
        const onLosses = (all: Float32Array) => void losses.push(all.reduce((sum, loss) => sum + loss, 0));
        const inverted = await attack.generate(await attack.features(IMAGES), { method, iterations: 100, onLosses });
        assert(inverted.every((pixel) => pixel >= 0 && pixel <= 1));
        assert(losses.at(-1)! < share * losses[0]!, `${method}: from ${losses[0]} to ${losses.at(-1)}`);
      }
    });
  }

  test("give the same bits on any number of threads", { skip: noThreads }, async () => {
    const results = await Promise.all([1, 2].map(async (threads) => {
      const program = (await openEngine({ threads })).program(NETWORK, { batchSize: 2, gradients: "both" });
      program.parameters.setValues(VALUES);
      program.setInput(IMAGES, LABELS);
      program.gradients();
      return [await program.inputGradient(), await program.parameters.gradient("conv1.weight")];
    }));
    assertEquals(results[0], results[1]);
  });

  test("are stored and read back as parameters and masks by name", async () => {
    const engine = await openEngine(), { values, masks } = drawParameters(NETWORK, 4, 0.5);
    const parameters = Object.fromEntries(
      NETWORK.parameters.map(({ name, shape }) => [name, { shape, data: values[name]! }]),
    );
    const saved = decodeCheckpoint(
      encodeCheckpoint({ parameters, masks, step: 3, settings: {} }, { storage: "living" }),
    );
    const program = engine.program(NETWORK, { batchSize: 2 });
    program.parameters.restore(saved);
    assertEquals(await program.parameters.values(), values);
    assertEquals(await program.parameters.masks(), masks);
  });
});
