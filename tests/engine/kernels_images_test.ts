import { describe, test } from "node:test";
import { imageStride } from "../../src/engine/cpu/kernels/memory.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import { images } from "../../src/engine/cpu/reference/images.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { assertSameBits, onEachDesk } from "../support/kernel_desk.ts";
import { compareKernel, everyKernelRan, input, output, room } from "../support/kernel_harness.ts";
import { withoutSpare } from "../support/kernel_pooled.ts";
import { draw, holds, whole } from "../support/kernel_values.ts";

const CASES = { channels: whole(1, 19), pixels: whole(1, 50), images: whole(1, 40), seed: whole(0, 1000) };

describe("the two orders of a batch on every engine", () => {
  test("images are what their definition says, and so is the way back", () =>
    holds(CASES, ({ channels, pixels, images, seed }) => {
      const lanes = lanesOf(images);
      const count = channels * pixels * lanes;
      const values = draw(new Random(seed), count);
      const stride = imageStride(channels, pixels), there = room(stride * lanes);
      const [expected, ...runs] = compareKernel("toImages", [input(values), there, channels, pixels, lanes]);
      const held = (images: ArrayLike<number>) => withoutSpare(images, { conv: { channels }, pixels });
      for (const run of runs) assertEquals(held(run.after(there)), held(expected!.after(there)));
      const drawn = draw(new Random(seed + 1), stride * lanes).map((value, i) =>
        i % stride < channels * pixels ? value : NaN
      );
      compareKernel("fromImages", [input(drawn), output(count, "equal"), channels, pixels, lanes]);
    }));

  test("the way back is the inverse of the way there, to the last bit of any word", () =>
    holds(CASES, ({ channels, pixels, images, seed }) => {
      const lanes = lanesOf(images);
      const count = channels * pixels * lanes;
      const random = new Random(seed);
      // Numbers of any size and sign, down to the subnormal; no NaN, whose payload need not survive JavaScript.
      const words = Int32Array.from({ length: count }, () => (random.integer(2 ** 32) | 0) & ~(1 << 23));
      onEachDesk((desk) => {
        const there = desk.room(imageStride(channels, pixels) * lanes), back = desk.room(count);
        desk.kernels.toImages(desk.put(words), there, channels, pixels, lanes);
        desk.kernels.fromImages(there, back, channels, pixels, lanes);
        assertSameBits(desk.ints(back, count), words, `there and back on ${desk.name}`);
      });
    }));

  test("two channels of three pixels are interleaved in every image", () => {
    const x = Float32Array.from(
      { length: 48 },
      (_, i) => 100 * Math.floor(i / 24) + 10 * (Math.floor(i / 8) % 3) + i % 8,
    );
    const there = room(8 * 38);
    for (const run of compareKernel("toImages", [input(x), there, 2, 3, 8])) {
      assertEquals(run.after(there).slice(0, 6), [0, 100, 10, 110, 20, 120]);
      assertEquals(run.after(there).slice(38, 44), [1, 101, 11, 111, 21, 121]);
    }
  });
});

everyKernelRan(images);
