import { assert, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import { Dataset, type EngineOptions, openEngine, pixels } from "../../mod.ts";
import { engineMissing, goldenMissing, goldenTensors } from "./golden.ts";

const engines: readonly EngineOptions[] = [{ build: "relaxed" }, { build: "simd128" }, { engine: "reference" }, {
  engine: "webgpu",
}];

describe("the resize against OpenCV's", () => {
  for (const options of engines) {
    const title = `gives the same grey levels, but for one in a thousand one off (${options.engine ?? "wasm"} ${
      options.build ?? ""
    })`;
    test(title, { skip: goldenMissing("resize") || engineMissing(options) }, async () => {
      const golden = goldenTensors("resize");
      const [count, height, width] = golden.shape("images28") as [number, number, number];
      const [, newHeight, newWidth] = golden.shape("images32") as [number, number, number];
      const source = {
        name: "golden",
        images: golden.u8("images28"),
        count,
        channels: 1,
        height,
        width,
        labels: new Uint8Array(count),
        classes: 10,
      };
      const dataset = new Dataset(source, { size: [newHeight, newWidth], scale: 1 });
      const resized = await pixels(await openEngine(options), dataset, [...Array(count).keys()]);
      const expected = golden.u8("images32");
      assertEquals(resized.length, expected.length);
      const off = resized.filter((value, index) => value !== expected[index]);
      assert(off.length <= expected.length / 1000, `${off.length} of ${expected.length} pixels differ`);
      resized.forEach((value, index) => assert(Math.abs(value - expected[index]!) <= 1));
    });
  }
});
