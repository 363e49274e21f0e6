import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { accuracy, NoImagesError } from "../../src/metrics/accuracy.ts";
import { softmaxProbability } from "../../src/metrics/confidence.ts";
import { exponential } from "../../src/metrics/exponential.ts";
import { meanInterval, studentT975, wilsonInterval } from "../../src/metrics/interval.ts";
import { relativeL2 } from "../../src/metrics/l2.ts";
import { maskedFraction, zeroFraction } from "../../src/metrics/sparsity.ts";

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe("relativeL2", () => {
  test("is the distance over the length of the original", () => {
    assertAlmostEquals(relativeL2([3, 4], [3, 0]), 0.8, 1e-12);
    assertAlmostEquals(relativeL2([3, 0], [3, 4]), 4 / 3, 1e-12);
  });

  test("is 0 for equal images, and undefined to a black original, whatever is compared with it", () => {
    assertEquals(relativeL2([0.5, 0], [0.5, 0]), 0);
    for (const compared of [[0, 0], [0, 1], [1e-30, 0]]) assertEquals(relativeL2([0, 0], compared), NaN);
    assertEquals(relativeL2([1e-20, 0], [0, 1]), NaN);
  });

  test("is defined to the faintest original of bytes, and to one of one grey", () => {
    assertAlmostEquals(relativeL2([1 / 255, 0], [0, 0]), 1, 1e-9);
    assertAlmostEquals(relativeL2([0.5, 0.5], [0.5, 0]), Math.SQRT1_2, 1e-12);
  });

  test("does not change when both images are scaled", () => {
    const pixels = fc.array(fc.tuple(number(0.5, 9), number(-9, 9)), {
      minLength: 1,
    });
    fc.assert(fc.property(pixels, number(1, 100), (pairs, scale) => {
      const a = pairs.map(([x]) => x);
      const b = pairs.map(([, y]) => y);
      const scaled = relativeL2(a.map((x) => x * scale), b.map((x) => x * scale));
      assertAlmostEquals(scaled, relativeL2(a, b), 1e-9 * (1 + relativeL2(a, b)));
    }));
  });

  test("refuses lengths that differ, nothing at all and NaN", () => {
    assertThrows(() => relativeL2([1, 2], [1]), RangeError, "original has 2 values, compared has 1");
    assertThrows(() => relativeL2([], []), RangeError, "empty");
    assertThrows(() => relativeL2([1], [NaN]), RangeError, "finite");
    assertThrows(() => relativeL2([Infinity], [1]), RangeError, "finite");
  });
});

describe("exponential", () => {
  test("agrees with Math.exp over the whole range within 1e-15", () => {
    for (let x = -708; x < 709.78; x += 0.0173) {
      const expected = Math.exp(x);
      assertAlmostEquals(exponential(x), expected, expected * 1e-15, `x = ${x}`);
    }
    fc.assert(
      fc.property(number(-708, 709.78), (x) => {
        const expected = Math.exp(x);
        assertAlmostEquals(exponential(x), expected, expected * 1e-15);
      }),
      { numRuns: 2000 },
    );
  });

  test("agrees with values computed to 20 digits", () => {
    const known: [number, number][] = [
      [1, 2.7182818284590452354],
      [-1, 0.36787944117144232160],
      [0.5, 1.6487212707001281468],
      [1e-10, 1.00000000010000000000],
    ];
    for (const [x, expected] of known) assertAlmostEquals(exponential(x), expected, expected * 3e-16);
  });

  test("is exact to a unit where float64 has fewer digits", () => {
    for (let x = -745.2; x < -708; x += 0.0171) {
      const expected = Math.exp(x);
      assertAlmostEquals(exponential(x), expected, expected * 1e-15 + 5e-324, `x = ${x}`);
    }
  });

  test("is 1 at 0, infinite and 0 beyond its range, and NaN for NaN", () => {
    assertEquals(exponential(0), 1);
    assertEquals(exponential(-0), 1);
    assertEquals(exponential(709.79), Infinity);
    assertEquals(exponential(Infinity), Infinity);
    assertEquals(exponential(-745.14), 0);
    assertEquals(exponential(-Infinity), 0);
    assertEquals(exponential(NaN), NaN);
    assert(exponential(709.782712893384) < Infinity);
    assert(exponential(-745.1332191019411) > 0);
  });

  test("has the same bits everywhere: their checksum over a sweep is this one", () => {
    // The number was taken on V8 and JavaScriptCore alike; no runtime may differ.
    const value = new Float64Array(1);
    const words = new Uint32Array(value.buffer);
    let checksum = 0;
    for (let x = -750; x < 710; x += 0.25) {
      value[0] = exponential(x);
      checksum = (Math.imul(checksum, 31) + words[0]! + words[1]!) >>> 0;
    }
    assertEquals(checksum, 3414789618);
  });
});

describe("softmaxProbability", () => {
  test("is the label's share of the exponentials", () => {
    assertAlmostEquals(softmaxProbability([1, 2, 3], 1), 0.24472847105479765, 1e-15);
    assertEquals(softmaxProbability(Float32Array.of(7), 0), 1);
  });

  test("does not overflow", () => {
    assertEquals(softmaxProbability([1e30, 0], 0), 1);
    assertEquals(softmaxProbability([1e30, 0], 1), 0);
  });

  test("sums to 1 over the labels", () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 20, noNaN: true, noDefaultInfinity: true }), (logits) => {
        let sum = 0;
        for (let label = 0; label < logits.length; label++) sum += softmaxProbability(logits, label);
        assertAlmostEquals(sum, 1, 1e-14);
      }),
    );
  });

  test("refuses a label that is no class and logits that are not finite", () => {
    for (const label of [-1, 2, 0.5, NaN]) {
      assertThrows(() => softmaxProbability([1, 2], label), RangeError, "label is");
    }
    for (const logit of [NaN, Infinity, -Infinity]) {
      assertThrows(() => softmaxProbability([1, logit], 0), RangeError, "logits[1]");
    }
    assertThrows(() => softmaxProbability([], 0), RangeError, "empty");
  });
});

describe("meanInterval", () => {
  test("uses Student's t, within 1e-5 of known quantiles", () => {
    const known: [number, number][] = [
      [1, 12.7062047362],
      [2, 4.30265272975],
      [4, 2.7764451052],
      [10, 2.22813885199],
      [11, 2.20098516009],
      [12, 2.17881282967],
      [15, 2.13144954556],
      [20, 2.08596344727],
      [30, 2.0422724563],
      [119, 1.98009987646],
      [1000, 1.96233908083],
      [2 ** 50, 1.95996398454],
    ];
    for (const [degrees, quantile] of known) assertAlmostEquals(studentT975(degrees), quantile, 1e-5, `${degrees}`);
    for (let degrees = 1; degrees < 100; degrees++) assert(studentT975(degrees + 1) < studentT975(degrees));
    for (const degrees of [0, -1, 1.5, NaN]) assertThrows(() => studentT975(degrees), RangeError, "degrees is");
  });

  test("matches an interval worked out by hand", () => {
    // s = sqrt(0.02 / 3), half = 3.18244630528 * s / 2
    const { mean, low, high } = meanInterval([0.8, 0.9, 0.7, 0.8]);
    const half = 3.18244630528 * Math.sqrt(0.02 / 3) / 2;
    assertAlmostEquals(mean, 0.8, 1e-12);
    assertAlmostEquals(low!, 0.8 - half, 1e-9);
    assertAlmostEquals(high!, 0.8 + half, 1e-9);
  });

  test("knows no ends for one value, which JSON can say", () => {
    assertEquals(JSON.stringify(meanInterval([0.25])), '{"mean":0.25,"low":null,"high":null}');
  });

  test("has no width where all values are equal", () => {
    assertEquals(meanInterval([0.1, 0.1, 0.1]), { mean: 0.1, low: 0.1, high: 0.1 });
  });

  test("holds its mean between its ends and keeps digits beside a large offset", () => {
    fc.assert(fc.property(fc.array(float32, { minLength: 2, maxLength: 50 }), (values) => {
      const { mean, low, high } = meanInterval(values);
      assert(low! <= mean && mean <= high!);
    }));
    const { low, high } = meanInterval([1e9 + 1, 1e9 + 2, 1e9 + 3]);
    assertAlmostEquals(high! - low!, 2 * 4.30265272975 / Math.sqrt(3), 1e-6);
  });

  test("refuses no values, NaN and what overflows", () => {
    assertThrows(() => meanInterval([]), RangeError, "empty");
    assertThrows(() => meanInterval([1, NaN]), RangeError, "values[1] is NaN");
    assertThrows(() => meanInterval([1e200, -1e200]), RangeError, "too large");
  });
});

describe("wilsonInterval", () => {
  test("matches known intervals", () => {
    const known: [number, number, number, number][] = [
      [9745, 10000, 0.971223368273, 0.977412217273],
      [0, 10, 0, 0.277532799863],
      [10, 10, 0.722467200137, 1],
      [1, 2, 0.0945312057342, 0.905468794266],
    ];
    for (const [successes, trials, low, high] of known) {
      const interval = wilsonInterval(successes, trials);
      assertEquals(interval.mean, successes / trials);
      assertAlmostEquals(interval.low, low, 1e-10);
      assertAlmostEquals(interval.high, high, 1e-10);
    }
  });

  test("stays within [0, 1], around the mean, and mirrors", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), number(0, 1), (trials, share) => {
        const successes = Math.floor(share * trials);
        const { mean, low, high } = wilsonInterval(successes, trials);
        assert(0 <= low && low <= mean && mean <= high && high <= 1);
        assertAlmostEquals(wilsonInterval(trials - successes, trials).low, 1 - high, 1e-12);
      }),
    );
  });

  test("refuses counts that are none", () => {
    assertThrows(() => wilsonInterval(0, 0), RangeError, "trials is 0");
    assertThrows(
      () => wilsonInterval(3, 2),
      RangeError,
      "successes is 3; it must be an integer from 0 to 2, the trials",
    );
    assertThrows(() => wilsonInterval(-1, 2), RangeError, "successes");
    assertThrows(() => wilsonInterval(0.5, 2), RangeError, "successes");
  });
});

describe("Accuracy", () => {
  test("is the share of images read rightly over all batches", () => {
    const metric = accuracy();
    metric.update(Float32Array.of(0, 1, 2, 5, 4, 3), [2, 1], 3);
    assertEquals(metric.value(), 0.5);
    metric.update(Float32Array.of(9, 1, 2), Uint8Array.of(0), 3);
    assertEquals(metric.value(), 2 / 3);
    assertEquals([metric.right, metric.images], [2, 3]);
  });

  test("has no value before an image is seen, nor after clear", () => {
    const metric = accuracy();
    assertThrows(() => metric.value(), NoImagesError, "before value()");
    metric.update(new Float32Array(0), [], 10);
    assertThrows(() => metric.value(), NoImagesError);
    metric.update(Float32Array.of(1), [0], 1);
    metric.clear();
    assertThrows(() => metric.value(), NoImagesError);
  });

  test("reads a tie as the lowest class", () => {
    const metric = accuracy();
    metric.update(Float32Array.of(1, 3, 3), [1], 3);
    assertEquals(metric.value(), 1);
    metric.update(Float32Array.of(0, 0, 0), [2], 3);
    assertEquals(metric.value(), 0.5);
  });

  test("refuses logits that are no numbers, by image and class, and then counts nothing of the batch", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      for (let at = 0; at < 3; at++) {
        const metric = accuracy(),
          logits = Float32Array.from([1, 1, 1, 1, 1, 1], (logit, i) => i === 3 + at ? value : logit);
        const message = `logits: class ${at} of image 1 is ${value}; it must be finite`;
        assertThrows(() => metric.update(logits, [0, 0], 3), RangeError, message);
        assertEquals(metric.images, 0);
      }
    }
  });

  test("refuses what does not fit and then counts nothing of it", () => {
    const metric = accuracy();
    assertThrows(() => metric.update(new Float32Array(5), [0, 1], 3), RangeError, "logits has 5 values; 2 labels");
    assertThrows(() => metric.update(new Float32Array(6), [0, 3], 3), RangeError, "labels[1] is 3");
    assertThrows(() => metric.update(new Float32Array(0), [], 0), RangeError, "classes is 0");
    assertEquals(metric.images, 0);
  });
});

describe("sparsity", () => {
  test("counts weights up to the threshold, of either sign", () => {
    assertEquals(zeroFraction(Float32Array.of(0, -0, 5e-8, -5e-8, 2e-7, -1, 3, 1)), 0.5);
    assertEquals(zeroFraction(Float32Array.of(0.25, 0.3), 0.25), 0.5);
    assertEquals(zeroFraction(Float32Array.of(0, 1e-30), 0), 0.5);
  });

  test("counts the zeros of a mask", () => {
    assertEquals(maskedFraction(Uint8Array.of(0, 1, 0, 0)), 0.75);
  });

  test("refuses an empty layer, weights that are no numbers and a negative threshold", () => {
    for (const value of [NaN, Infinity]) {
      assertThrows(() => zeroFraction(Float32Array.of(0, value)), RangeError, `weights[1] is ${value}`);
    }
    assertThrows(() => zeroFraction(Float32Array.of(1), Infinity), RangeError, "threshold is Infinity");
    assertThrows(() => zeroFraction(new Float32Array(0)), RangeError, "empty");
    assertThrows(() => maskedFraction(new Uint8Array(0)), RangeError, "empty");
    assertThrows(() => zeroFraction(Float32Array.of(1), -1), RangeError, "threshold is -1");
    assertThrows(() => zeroFraction(Float32Array.of(1), NaN), RangeError, "threshold");
  });
});
