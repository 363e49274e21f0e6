/** The batch of a program: loaded from data, or given as pixels with labels. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import {
  type BatchSource,
  Dataset,
  dense,
  drawnDigits,
  flatten,
  lenet5,
  openEngine,
  pixels,
  type Program,
  sequential,
} from "../../mod.ts";

const source: BatchSource["source"] = {
  images: new Uint8Array(3 * 16),
  count: 3,
  channels: 1,
  height: 4,
  width: 4,
  labels: Uint8Array.of(0, 1, 2),
  classes: 3,
};
const data: BatchSource = { source, size: [4, 4], scale: 1, labels: "integer" };

async function program(): Promise<Program> {
  const network = sequential([1, 4, 4], [flatten(), dense({ outputs: 3 })]);
  return (await openEngine()).program(network, { batchSize: 2, gradients: "parameters" });
}

describe("loading a batch", () => {
  test("refuses images of another size, also if their bytes are known in the right one", async () => {
    const ready = await program();
    ready.load(data, [0]);
    const error = assertThrows(() => ready.load({ ...data, size: [2, 8] }, [0]), RangeError);
    assertStringIncludes(error.message, "[1,2,8]");
    assertStringIncludes(error.message, "[1,4,4]");
  });

  test("refuses labels beyond the classes, and classes beyond the outputs", async () => {
    const ready = await program();
    assertThrows(
      () => ready.load({ ...data, source: { ...source, labels: Uint8Array.of(0, 1, 3) } }, [0]),
      RangeError,
      "label 2",
    );
    assertThrows(() => ready.load({ ...data, source: { ...source, classes: 4 } }, [0]), RangeError, "4 classes");
  });

  test("refuses data that hold fewer images or labels than they say", async () => {
    const ready = await program();
    assertThrows(() => ready.load({ ...data, source: { ...source, count: 4 } }, [0]), RangeError, "4 images");
    assertThrows(
      () => ready.load({ ...data, source: { ...source, labels: Uint8Array.of(0, 1) } }, [0]),
      RangeError,
      "2",
    );
  });

  test("refuses indices outside the data, no index and too many", async () => {
    const ready = await program();
    for (const index of [-1, 3, 0.5, NaN]) assertThrows(() => ready.load(data, [index]), RangeError, `index ${index}`);
    assertThrows(() => ready.load(data, []), RangeError, "0 images");
    assertThrows(() => ready.load(data, [0, 1, 2]), RangeError, "3 images");
    await assertRejects(async () => await pixels(await openEngine(), data, []), RangeError, "batchSize is 0");
  });
});

describe("a batch of given pixels with labels", () => {
  test("has the gradients of the same batch loaded from data", async () => {
    const engine = await openEngine({ engine: "wasm", build: "simd128" }),
      data = new Dataset(drawnDigits(5), { size: [32, 32] });
    const program = engine.program(lenet5(), { batchSize: 8, gradients: "both" });
    program.load(data, [3, 0, 4]);
    program.gradients();
    const { parameters } = program, inputs = await program.inputGradient(), input = await program.input();
    const gradients = await Promise.all(parameters.specs.map(({ name }) => parameters.gradient(name)));
    program.setInput(new Float32Array(1024));
    assertThrows(() => program.gradients(), TypeError, "no labels");
    program.setInput(input, [3, 0, 4].map((index) => data.source.labels[index]!));
    program.gradients();
    assertEquals(await program.inputGradient(), inputs);
    assertEquals(await Promise.all(parameters.specs.map(({ name }) => parameters.gradient(name))), gradients);
  });

  test("refuses labels that are not as many, or no class", async () => {
    const engine = await openEngine({ engine: "wasm", build: "simd128" });
    const program = engine.program(lenet5(), { batchSize: 2, gradients: "parameters" });
    const images = new Float32Array(2048);
    assertThrows(() => program.setInput(images, [1]), RangeError, "labels has 1 values; there are 2 images");
    for (const label of [10, -1, 0.5, NaN]) {
      assertThrows(() => program.setInput(images, [1, label]), RangeError, `labels[1] is ${label}`);
    }
  });
});
