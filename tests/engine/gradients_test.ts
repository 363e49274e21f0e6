/** The gradients of whole networks: the wasm engine's against the reference's. */
import { describe, test } from "node:test";
import fc from "fast-check";
import { type BatchSource, type Engine, lenet5, type Network, openEngine } from "../../mod.ts";
import { assert, assertEquals } from "#std/assert";
import { trainNothing } from "../gpu/no_parameters.ts";
import {
  CASE,
  type Drawn,
  drawParameters,
  drawSource,
  first,
  lossOf,
  networkOf,
  setParameters,
} from "../support/any_network.ts";
import { WASM } from "../support/engines.ts";

/**
 * Loss and gradients of a batch: of the input, and of every parameter by its name; 0 for suppressed weights, which need
 * none.
 */
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

/**
 * Throws unless every tensor is within `tolerance` of the expected one, relative to its norm, and `floor` for each
 * element, which a sum that cancels out needs.
 */
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
  for (const options of WASM) {
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
    for (const options of WASM) {
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
    for (const options of WASM) {
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
  for (const options of [...WASM, { engine: "reference" } as const]) {
    test(`takes a step by any rule, which changes nothing (${options.engine} ${options.build ?? ""})`, async () => {
      await trainNothing(await openEngine(options));
    });
  }
});
