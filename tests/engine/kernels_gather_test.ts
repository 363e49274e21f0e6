import fc from "fast-check";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { lanesOf } from "../../src/engine/lanes.ts";
import { gather } from "../../src/engine/cpu/reference/gather.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertEquals } from "#std/assert";
import {
  compareKernel,
  everyKernelRan,
  input,
  output,
  type Run,
  scratch,
  type Tensor,
  updated,
} from "../support/kernel_harness.ts";
import { BATCH, holds, whole } from "../support/kernel_values.ts";

interface Shape {
  readonly channels: number;
  readonly sourceHeight: number;
  readonly sourceWidth: number;
  readonly height: number;
  readonly width: number;
  readonly lanes: number;
}

const GOLDEN = `${process.env.TACET_SHARED ?? "../shared"}/golden/resize.safetensors`;

/** Resizes and gathers on every machine and returns the runs of the gather and the tensor they wrote. */
function run(images: Uint8Array, indices: number[], scale: number, shape: Shape): [Run[], Tensor] {
  const { channels, sourceHeight, sourceWidth, height, width, lanes } = shape;
  const planes = images.length / (sourceHeight * sourceWidth), size = channels * height * width;
  const words = updated(new Int32Array(Math.ceil(planes * height * width / 4)));
  const resized = compareKernel("resize", [
    input(images),
    words,
    planes,
    sourceHeight,
    sourceWidth,
    height,
    width,
    scratch(4 * (height + width)),
  ])[0]!.after(words);
  const x = output(size * lanes, "equal");
  // The indices of lanes without an image must not be followed.
  const chosen = Int32Array.from({ length: lanes }, (_, lane) => indices[lane] ?? 2 ** 30);
  const bytes = new Uint8Array(Int32Array.from(resized).buffer);
  const runs = compareKernel("gather", [input(bytes), input(chosen), x, indices.length, size, lanes, scale]);
  return [runs, x];
}

/** A uint8 array of a safetensors file. */
function bytesOf(file: Uint8Array, name: string): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const [from, to] = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))[name].data_offsets;
  return file.subarray(8 + length + from, 8 + length + to);
}

describe("gathering the images of a batch on every engine", () => {
  test("picking, resizing and scaling are exact for any size and any order of images", () =>
    holds({
      seed: BATCH.seed,
      count: whole(0, 19),
      stored: whole(1, 5),
      channels: whole(1, 3),
      sourceHeight: whole(1, 13),
      sourceWidth: whole(1, 13),
      height: whole(1, 17),
      width: whole(1, 17),
      scale: fc.constantFrom(1, Math.fround(1 / 255), Math.fround(0.3)),
    }, ({ seed, count, stored, scale, ...sizes }) => {
      const random = new Random(seed);
      const pixels = Uint8Array.from(
        { length: stored * sizes.channels * sizes.sourceHeight * sizes.sourceWidth },
        () => [0, 255, random.integer(256)][random.integer(3)]!,
      );
      const lanes = lanesOf(Math.max(count, 1));
      const indices = Array.from({ length: count }, () => random.integer(stored));
      const [runs, x] = run(pixels, indices, scale, { ...sizes, lanes });
      for (const { after } of runs) {
        assert(after(x).every((value, i) => i % lanes < count || value === 0), "a lane without an image is not 0");
      }
    }, 60));

  test("the 28 -> 32 resize is OpenCV's, pixel for pixel", (context) => {
    if (!existsSync(GOLDEN)) return context.skip(`the golden data are not here: ${GOLDEN} (set TACET_SHARED)`);
    const file = readFileSync(GOLDEN);
    const wanted = bytesOf(file, "images32");
    const shape = { channels: 1, sourceHeight: 28, sourceWidth: 28, height: 32, width: 32, lanes: 16 };
    const indices = Array.from({ length: 16 }, (_, i) => 15 - i);
    const [runs, x] = run(bytesOf(file, "images28"), indices, 1, shape);
    for (const { after } of runs) {
      const grey = after(x);
      for (let i = 0; i < grey.length; i++) {
        const [lane, pixel] = [i % 16, Math.floor(i / 16)];
        assertEquals(grey[i], wanted[indices[lane]! * 1024 + pixel], `image ${indices[lane]}, pixel ${pixel}`);
      }
    }
  });

  test("images of the right size already are only scaled", () => {
    const pixels = Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => 10 * i);
    const shape = { channels: 1, sourceHeight: 3, sourceWidth: 4, height: 3, width: 4, lanes: 8 };
    const [runs, x] = run(pixels, [1, 0], 0.5, shape);
    for (const { after } of runs) {
      const wanted = Array.from({ length: 12 * 8 }, (_, i) => {
        const [lane, pixel] = [i % 8, Math.floor(i / 8)];
        return lane < 2 ? pixels[(1 - lane) * 12 + pixel]! / 2 : 0;
      });
      assertEquals(after(x), wanted);
    }
  });

  test("coefficients that lie between two whole numbers are rounded alike", () => {
    // 2,048 columns from 3: the coefficients are odd multiples of 1/2 before they are rounded, halves to even.
    const shape = { channels: 1, sourceHeight: 1, sourceWidth: 3, height: 1, width: 2048, lanes: 8 };
    run(Uint8Array.of(0, 255, 3), [0], 1, shape);
  });

  test("white stays white at every size", () => {
    for (const size of [1, 2, 7, 28, 32, 56]) {
      const shape = { channels: 1, sourceHeight: 28, sourceWidth: 28, height: size, width: size, lanes: 8 };
      const [runs, x] = run(new Uint8Array(784).fill(255), [0], 1, shape);
      for (const { after } of runs) assert(after(x).every((value, i) => value === (i % 8 === 0 ? 255 : 0)));
    }
  });
});

everyKernelRan(gather);
