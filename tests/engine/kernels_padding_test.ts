import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { padding } from "../../src/engine/cpu/reference/padding.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, output } from "../support/kernel_harness.ts";
import { BATCH, drawLanes, holds, whole } from "../support/kernel_values.ts";

const CASES = {
  ...BATCH,
  channels: whole(1, 5),
  height: whole(1, 7),
  width: whole(1, 7),
  padHeight: whole(0, 3),
  padWidth: whole(0, 3),
};

describe("padding on every engine", () => {
  test("pad puts zeros around the images, and unpad takes them off again", () =>
    holds(CASES, ({ images, style, seed, channels, height, width, padHeight, padWidth }) => {
      const lanes = lanesOf(images);
      const random = new Random(seed);
      const inside = channels * height * width;
      const outside = channels * (height + 2 * padHeight) * (width + 2 * padWidth);
      const sizes = [channels, height, width, padHeight, padWidth, lanes] as const;
      const x = drawLanes(random, inside, images, style, 1);
      const padded = output(outside * lanes, "equal");
      const runs = compareKernel("pad", [input(x), padded, ...sizes]);
      const back = output(inside * lanes, "equal");
      const around = input(Float32Array.from(runs[0]!.after(padded)));
      for (const run of compareKernel("unpad", [around, back, ...sizes])) {
        assertEquals(run.after(back), Array.from(x));
      }
    }));

  test("unpad drops what lies in the border", () =>
    holds(CASES, ({ images, style, seed, channels, height, width, padHeight, padWidth }) => {
      const outside = channels * (height + 2 * padHeight) * (width + 2 * padWidth);
      compareKernel("unpad", [
        input(drawLanes(new Random(seed), outside, images, style, 0)),
        output(channels * height * width * lanesOf(images), "equal"),
        channels,
        height,
        width,
        padHeight,
        padWidth,
        lanesOf(images),
      ]);
    }));
});

everyKernelRan(padding);
