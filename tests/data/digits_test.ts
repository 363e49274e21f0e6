import { assert, assertEquals, assertNotEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { drawnDigits } from "../../src/data/digits.ts";
import { quickNormal } from "../../src/data/hand.ts";
import { fitToBox, Paper } from "../../src/data/ink.ts";
import { Path, trace } from "../../src/data/pen.ts";
import { form, strokes } from "../../copybook/notation.ts";
import { Random } from "../../src/random/threefry.ts";
import { missing, mnistFolder } from "../support/shared_data.ts";

const PIXELS = 28 * 28;
const seeds = fc.integer({ min: 0, max: 0xffffffff });

/** First and last row and column with ink, and the centre of mass. */
function measure(image: Uint8Array) {
  let top = 28, bottom = -1, left = 28, right = -1, mass = 0, massX = 0, massY = 0;
  for (let at = 0; at < PIXELS; at++) {
    const ink = image[at]!, x = at % 28, y = Math.floor(at / 28);
    if (ink === 0) continue;
    top = Math.min(top, y), bottom = Math.max(bottom, y), left = Math.min(left, x), right = Math.max(right, x);
    mass += ink, massX += ink * x, massY += ink * y;
  }
  return { height: bottom - top + 1, width: right - left + 1, x: massX / mass, y: massY / mass };
}

describe("drawn digits", () => {
  test("are the same bytes in every engine", () => {
    const hash = (count: number, seed?: number) => {
      const { images, labels } = drawnDigits(count, seed === undefined ? {} : { seed });
      return createHash("sha256").update(images).update(labels).digest("hex");
    };
    assertEquals(hash(3000), "9257a24e81d8fcfff48e4b07130fc7aa04a682e6439990899301476352aeb665");
    assertEquals(hash(100, 0xffffffff), "8453bf156cd9668fe8f2118818245e1e65b53d3cfeed4fb0bc5df6d4e6df27eb");
    assertEquals(hash(100), hash(100, 1));
  });

  test("of a longer set begin with the shorter one", () => {
    fc.assert(
      fc.property(seeds, fc.nat(40), fc.nat(40), (seed, count, more) => {
        const short = drawnDigits(count, { seed }), long = drawnDigits(count + more, { seed });
        assertEquals(long.images.subarray(0, count * PIXELS), short.images);
        assertEquals(long.labels.subarray(0, count), short.labels);
      }),
      { numRuns: 30 },
    );
  });

  test("of another seed are other digits", () => {
    assertNotEquals(drawnDigits(20, { seed: 1 }).images, drawnDigits(20, { seed: 2 }).images);
  });

  test("describe themselves", () => {
    const { images, labels, ...rest } = drawnDigits(7);
    assertEquals(rest, { name: "drawn digits", count: 7, channels: 1, height: 28, width: 28, classes: 10 });
    assertEquals([images.length, labels.length], [7 * PIXELS, 7]);
    assertEquals(drawnDigits(0).images.length, 0);
  });

  test("fill a box of 20 by 20 with full ink and have their centre of mass in the middle", () => {
    const { images, count } = drawnDigits(2000, { seed: 3 });
    for (let i = 0; i < count; i++) {
      const image = images.subarray(i * PIXELS, (i + 1) * PIXELS);
      const { height, width, x, y } = measure(image);
      const longest = Math.max(height, width);
      assert(longest >= 18 && longest <= 20, `image ${i} is ${width} x ${height}`);
      // Moves are by whole pixels.
      assert(Math.abs(x - 14) <= 0.51 && Math.abs(y - 14) <= 0.51, `image ${i} is centred at ${x}, ${y}`);
      assert(Math.max(...image) >= 200, `image ${i} is pale`);
    }
  });

  test("have about as much ink as MNIST's 33 of 255", () => {
    const { images } = drawnDigits(2000, { seed: 4 });
    const mean = images.reduce((sum, ink) => sum + ink, 0) / images.length;
    assert(mean > 29 && mean < 38, `mean ${mean}`);
  });

  test("show all ten classes about equally often, in no order", () => {
    const { labels } = drawnDigits(2000, { seed: 5 });
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label]!++;
    // Five standard deviations of a binomial of 2000 and 1/10.
    for (const [digit, count] of counts.entries()) assert(Math.abs(count - 200) < 67, `${count} of digit ${digit}`);
    assertEquals(new Set(labels.subarray(0, 200)).size, 10);
  });

  test("never repeat", () => {
    const { images, count } = drawnDigits(2000, { seed: 6 });
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) seen.add(images.subarray(i * PIXELS, (i + 1) * PIXELS).join());
    assertEquals(seen.size, count);
  });

  test("refuse a count or a seed that is none", () => {
    for (const count of [-1, 0.5, NaN, Infinity, 1_000_001]) {
      assertThrows(() => drawnDigits(count), RangeError, `count is ${count}; it must be an integer from 0 to 1000000`);
    }
    for (const seed of [-1, 0.5, NaN, 2 ** 32]) {
      assertThrows(() => drawnDigits(1, { seed }), RangeError, `seed is ${seed}; it must be an integer`);
    }
  });

  test("resemble real handwriting: the nearest drawn digit has the class of most real ones", {
    skip: missing(mnistFolder),
  }, () => {
    const pixels = gunzipSync(readFileSync(join(mnistFolder, "t10k-images-idx3-ubyte.gz"))).subarray(16);
    const truth = gunzipSync(readFileSync(join(mnistFolder, "t10k-labels-idx1-ubyte.gz"))).subarray(8);
    const { images, labels, count } = drawnDigits(4000, { seed: 7 });
    const real = 200;
    let right = 0;
    for (let i = 0; i < real; i++) {
      let nearest = Infinity, label = -1;
      for (let j = 0; j < count; j++) {
        let distance = 0;
        for (let at = 0; at < PIXELS && distance < nearest; at++) {
          const difference = pixels[i * PIXELS + at]! - images[j * PIXELS + at]!;
          distance += difference * difference;
        }
        if (distance < nearest) nearest = distance, label = labels[j]!;
      }
      if (label === truth[i]) right++;
    }
    assert(right >= 0.85 * real, `${right} of ${real}`);
  });
});

describe("the notation of strokes", () => {
  test("holds points, strokes and corners", () => {
    const { points, starts, corners } = strokes("4,6 64,-2! 28,100 / 18,54 60,48");
    assertEquals([...points], [4, 6, 64, -2, 28, 100, 18, 54, 60, 48]);
    assertEquals([...starts], [1, 0, 0, 1, 0]);
    assertEquals([...corners], [0, 1, 0, 0, 0]);
  });

  test("says which point it cannot read", () => {
    for (const word of ["4", "4,x", "4,5,6", "1.5,2", "4,5?"]) {
      assertThrows(() => strokes(`1,2 ${word} 3,4`), SyntaxError, `"${word}"`);
    }
    assertThrows(() => strokes(""), SyntaxError, "is not a point");
  });

  test("mixes only ways with the same strokes", () => {
    assertEquals(form(2, ["1,2 3,4", "5,6 7,8"]).ways.length, 2);
    assertThrows(() => form(1, ["1,2 3,4 5,6 7,8", "1,2 3,4 / 5,6 7,8"]), SyntaxError, "cannot mix");
    assertThrows(() => form(1, ["1,2 3,4", "1,2 3,4 5,6"]), SyntaxError, "same strokes and number of points");
    assertThrows(() => form(1, []), SyntaxError, "1 to 32 ways");
  });
});

describe("the pen", () => {
  const path = new Path(400);

  test("passes through every control point, whatever they are", () => {
    const point = fc.tuple(fc.integer({ min: -20, max: 120 }), fc.integer({ min: -20, max: 120 }), fc.boolean());
    fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 60 }), (drawn) => {
      const { points, starts, corners } = strokes(drawn.map(([x, y, c]) => `${x},${y}${c ? "!" : ""}`).join(" "));
      trace(points, starts, corners, path);
      assertEquals(path.length, 1 + 6 * (drawn.length - 1));
      for (const [i, [x, y]] of drawn.entries()) {
        assert(Math.abs(path.x[6 * i]! - x) < 1e-9 && Math.abs(path.y[6 * i]! - y) < 1e-9);
      }
    }));
  });

  test("draws straight lines between corners and rounds what is none", () => {
    const bump = (notation: string) => {
      const { points, starts, corners } = strokes(notation);
      trace(points, starts, corners, path);
      return Math.min(...path.y.subarray(0, path.length));
    };
    assertEquals(bump("0,50 0,0! 50,0! 50,50"), 0);
    assert(bump("0,50 0,0 50,0 50,50") < -1);
  });

  test("leaves no ink between two strokes", () => {
    const { points, starts, corners } = strokes("0,0 0,100 / 100,0 100,100");
    trace(points, starts, corners, path);
    path.radius.fill(1);
    fitToBox(path);
    const image = new Uint8Array(PIXELS).fill(7);
    new Paper().draw(path, 1, 0, new Random(1), image);
    const row = [...image.subarray(14 * 28, 15 * 28)];
    assertEquals(row, [0, 0, 0, 0, 0, 255, 255, ...new Array<number>(16).fill(0), 255, 255, 0, 0, 0]);
  });

  test("makes a dot of a path without length", () => {
    const { points, starts, corners } = strokes("5,5 5,5");
    trace(points, starts, corners, path);
    path.radius.fill(2);
    fitToBox(path);
    const image = new Uint8Array(PIXELS);
    new Paper().draw(path, 1, 0, new Random(1), image);
    const { width, height } = measure(image);
    assertEquals([width, height], [4, 4]);
  });
});

test("the quick normal draw has mean 0 and variance 1", () => {
  const random = new Random(8), count = 20_000;
  let sum = 0, squares = 0;
  for (let i = 0; i < count; i++) {
    const draw = quickNormal(random);
    sum += draw;
    squares += draw * draw;
  }
  assert(Math.abs(sum / count) < 0.03, `mean ${sum / count}`);
  assert(Math.abs(squares / count - 1) < 0.05, `variance ${squares / count}`);
});
