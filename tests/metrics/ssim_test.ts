import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import type { SsimOptions } from "../../src/metrics/ssim.ts";
import { MINDARMOUR_DATA_RANGE, ssim } from "../../src/metrics/ssim.ts";
import { Random } from "../../src/random/threefry.ts";

/**
 * The definition word by word: a window around every pixel, the edge mirrored, two passes over each window, then the
 * border cropped.
 */
function naive(a: ArrayLike<number>, b: ArrayLike<number>, { channels, height, width, dataRange = 1 }: SsimOptions) {
  const c1 = (0.01 * dataRange) ** 2;
  const c2 = (0.03 * dataRange) ** 2;
  const mirror = (i: number, n: number) => i < 0 ? -i - 1 : i >= n ? 2 * n - i - 1 : i;
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    let count = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const x: number[] = [];
        const y: number[] = [];
        for (let dr = -3; dr <= 3; dr++) {
          for (let dc = -3; dc <= 3; dc++) {
            const at = (channel * height + mirror(row + dr, height)) * width + mirror(column + dc, width);
            x.push(a[at]!);
            y.push(b[at]!);
          }
        }
        const ux = x.reduce((s, v) => s + v, 0) / 49;
        const uy = y.reduce((s, v) => s + v, 0) / 49;
        const vx = x.reduce((s, v) => s + (v - ux) ** 2, 0) / 48;
        const vy = y.reduce((s, v) => s + (v - uy) ** 2, 0) / 48;
        const vxy = x.reduce((s, v, i) => s + (v - ux) * (y[i]! - uy), 0) / 48;
        if (row < 3 || row >= height - 3 || column < 3 || column >= width - 3) continue;
        sum += ((2 * ux * uy + c1) * (2 * vxy + c2)) / ((ux * ux + uy * uy + c1) * (vx + vy + c2));
        count++;
      }
    }
    total += sum / count;
  }
  return total / channels;
}

function image(length: number, seed: number, low = 0, high = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.uniform(low, high));
}

describe("ssim", () => {
  test("equals the definition on images of any size", () => {
    const sizes = fc.record({
      channels: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 7, max: 14 }),
      width: fc.integer({ min: 7, max: 14 }),
      dataRange: fc.constantFrom(1, 2, 255),
    });
    const property = fc.property(
      sizes,
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (options, seed, share) => {
        const length = options.channels * options.height * options.width;
        const a = image(length, seed, -1, 1);
        const b = image(length, seed + 1, -1, 1).map((pixel, i) => share * pixel + (1 - share) * a[i]!);
        assertAlmostEquals(ssim(a, b, options), naive(a, b, options), 1e-10);
      },
    );
    fc.assert(property, { numRuns: 40 });
  });

  test("has the figures of scikit-image, by the images' own range unless another is asked for", () => {
    const size = { channels: 1, height: 16, width: 20 };
    const drawn = (pixel: (row: number, column: number) => number) =>
      Float64Array.from({ length: 320 }, (_, i) => pixel(Math.floor(i / 20), i % 20));
    const from = (row: number, column: number) => (row - 8) ** 2 + (column - 9) ** 2;
    const stripes = drawn((r, c) => (7 * r + 3 * c) % 11 / 10), rings = drawn((r, c) => from(r, c) % 17 / 16);
    const disc = drawn((r, c) => Number(from(r, c) < 25)), grey = drawn(() => 0.5);
    const faint = drawn((r, c) => 0.02 * ((5 * r + 9 * c) % 7)), other = drawn((r, c) => 0.02 * ((3 * r + 4 * c) % 7));
    // structural_similarity of scikit-image 0.26.0 in float64, win_size 7, with data_range 1 and 2.
    const known: readonly (readonly [Float64Array, Float64Array, number, number])[] = [
      [stripes, rings, -0.1111014775717099, -0.09641986011170244],
      [faint, other, 0.6079999999999997, 0.7621359223300966],
      [disc, disc.map((pixel, i) => 0.8 * pixel + faint[i]!), 0.9465784760927968, 0.9496604784528385],
      [disc, grey, 0.010131020594272597, 0.022962620341121037],
    ];
    for (const [a, b, own, wide] of known) {
      assertAlmostEquals(ssim(a, b, size), own, 1e-12);
      assertAlmostEquals(ssim(a, b, { ...size, dataRange: 1 }), own, 1e-12);
      assertAlmostEquals(ssim(a, b, { ...size, dataRange: MINDARMOUR_DATA_RANGE }), wide, 1e-12);
    }
  });

  test("keeps its digits beside a large offset", () => {
    const size = { channels: 1, height: 12, width: 9, dataRange: 2 };
    const a = Float64Array.from(image(108, 1), (pixel) => pixel + 1e6);
    const b = Float64Array.from(image(108, 2), (pixel) => pixel + 1e6);
    assertAlmostEquals(ssim(a, b, size), naive(a, b, size), 1e-7);
  });

  test("is exactly 1 for equal images, also for flat ones", () => {
    const size = { channels: 3, height: 8, width: 9 };
    const a = image(3 * 8 * 9, 3);
    assertEquals(ssim(a, a.slice(), size), 1);
    assertEquals(ssim(new Float32Array(216).fill(0.1), new Float32Array(216).fill(0.1), size), 1);
  });

  test("is the same both ways round, and negative for the negative", () => {
    const size = { channels: 1, height: 20, width: 20 };
    const a = image(400, 4);
    const b = image(400, 5);
    assertAlmostEquals(ssim(a, b, size), ssim(b, a, size), 1e-14);
    assert(ssim(a, a.map((pixel) => 1 - pixel), size) < -0.5);
    assert(Math.abs(ssim(a, b, size)) < 0.3);
  });

  test("of a single window is that window's", () => {
    const size = { channels: 1, height: 7, width: 7 };
    assertAlmostEquals(ssim(image(49, 6), image(49, 7), size), naive(image(49, 6), image(49, 7), size), 1e-12);
  });

  test("refuses images smaller than the window and says which side", () => {
    assertThrows(
      () => ssim(image(42, 1), image(42, 1), { channels: 1, height: 6, width: 7 }),
      RangeError,
      "height is 6",
    );
    assertThrows(
      () => ssim(image(42, 1), image(42, 1), { channels: 1, height: 7, width: 6 }),
      RangeError,
      "width is 6",
    );
    assertThrows(() => ssim([], [], { channels: 0, height: 7, width: 7 }), RangeError, "channels is 0");
  });

  test("refuses lengths that do not fit, pixels that are not finite and a range that is none", () => {
    const size = { channels: 1, height: 7, width: 7 };
    const a = image(49, 1);
    assertThrows(() => ssim(a, image(48, 1), size), RangeError, "compared has 48 pixels");
    assertThrows(() => ssim(image(50, 1), a, size), RangeError, "original has 50 pixels");
    assertThrows(() => ssim(a, a.map(() => NaN), size), RangeError, "finite");
    for (const dataRange of [0, -1, NaN, Infinity]) {
      assertThrows(() => ssim(a, a, { ...size, dataRange }), RangeError, "dataRange is");
    }
  });
});
