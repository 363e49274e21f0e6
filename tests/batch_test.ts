import { assertRejects, assertStringIncludes, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { type BatchSource, dense, flatten, openEngine, pixels, type Program, sequential } from "../mod.ts";

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
