import { describe, test } from "node:test";
import { lanesOf } from "../src/engine/kernels.ts";
import { images } from "../src/engine/reference/images.ts";
import { Random } from "../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { assertSameBits, onEachDesk } from "./kernel_desk.ts";
import { compareKernel, everyKernelRan, input, output } from "./kernel_harness.ts";
import { draw, holds, whole } from "./kernel_values.ts";

const CASES = { channels: whole(1, 19), pixels: whole(1, 50), images: whole(1, 40), seed: whole(0, 1000) };

describe("the two orders of a batch on every engine", () => {
  test("images are what their definition says, and so is the way back", () =>
    holds(CASES, ({ channels, pixels, images, seed }) => {
      const lanes = lanesOf(images);
      const count = channels * pixels * lanes;
      const values = draw(new Random(seed), count);
      compareKernel("toImages", [input(values), output(count, "equal"), channels, pixels, lanes]);
      compareKernel("fromImages", [input(values), output(count, "equal"), channels, pixels, lanes]);
    }));

  test("one is the inverse of the other, to the last bit of any word", () =>
    holds(CASES, ({ channels, pixels, images, seed }) => {
      const lanes = lanesOf(images);
      const count = channels * pixels * lanes;
      const random = new Random(seed);
      // Numbers of any size and sign, down to the subnormal; no NaN, whose payload need not survive JavaScript.
      const words = Int32Array.from({ length: count }, () => (random.integer(2 ** 32) | 0) & ~(1 << 23));
      onEachDesk((desk) => {
        const x = desk.put(words);
        const there = desk.room(count);
        const back = desk.room(count);
        desk.kernels.toImages(x, there, channels, pixels, lanes);
        desk.kernels.fromImages(there, back, channels, pixels, lanes);
        assertSameBits(desk.ints(back, count), words, `there and back on ${desk.name}`);
        desk.kernels.fromImages(x, there, channels, pixels, lanes);
        desk.kernels.toImages(there, back, channels, pixels, lanes);
        assertSameBits(desk.ints(back, count), words, `back and there on ${desk.name}`);
      });
    }));

  test("two channels of three pixels are interleaved in every image", () => {
    const x = Float32Array.from(
      { length: 48 },
      (_, i) => 100 * Math.floor(i / 24) + 10 * (Math.floor(i / 8) % 3) + i % 8,
    );
    const there = output(48, "equal");
    for (const run of compareKernel("toImages", [input(x), there, 2, 3, 8])) {
      assertEquals(run.after(there).slice(0, 12), [0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121]);
    }
  });
});

everyKernelRan(images);
