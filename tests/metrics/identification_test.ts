import { assert, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { identification, Random, sameLabelDecoys } from "../../mod.ts";

/** Images of independent pixels. */
function noise(images: number, size: number, seed: number): Float32Array {
  const random = new Random(seed, 0);
  return Float32Array.from({ length: images * size }, () => random.uniform());
}

const SIZE = 24, DECOYS = 9;
const pool = noise(40, SIZE, 1);
/** Lists of places in the pool, one for each image. */
const placesFor = (images: number) =>
  Array.from({ length: images }, (_, image) => Array.from({ length: DECOYS }, (_, i) => (image + 3 * i) % 40));

function measure(originals: Float32Array, reconstructions: Float32Array) {
  return identification({ size: SIZE, originals, reconstructions, pool, decoys: placesFor(originals.length / SIZE) });
}

describe("identification", () => {
  test("of the images themselves is certain, and of their negatives never", () => {
    const originals = noise(20, SIZE, 2);
    const { identified, topFive, medianRank, ranks, images, decoys } = measure(originals, originals);
    assertEquals([identified.mean, identified.chance, topFive.mean, topFive.chance], [1, 0.1, 1, 0.5]);
    assertEquals([medianRank, images, decoys, ranks], [1, 20, 9, new Array(20).fill(1)]);
    const negative = measure(originals, originals.map((pixel) => 1 - pixel));
    assertEquals([negative.identified.mean, negative.medianRank], [0, DECOYS + 1]);
  });

  test("does not depend on a reconstruction's brightness and contrast", () => {
    fc.assert(fc.property(fc.nat(1000), fc.double({ min: 0.25, max: 4, noNaN: true }), (seed, contrast) => {
      const originals = noise(6, SIZE, seed), guesses = noise(6, SIZE, seed + 5000);
      const mixed = guesses.map((pixel, i) => pixel + originals[i]! / 2);
      const brighter = mixed.map((pixel) => 0.5 + contrast * pixel);
      assertEquals(measure(originals, brighter).ranks, measure(originals, mixed).ranks);
    }));
  });

  test("of noise comes near chance", () => {
    const { identified, topFive } = measure(noise(2000, SIZE, 3), noise(2000, SIZE, 4));
    assert(identified.low < 0.1 && identified.high > 0.1, `${identified.mean}`);
    assert(topFive.low < 0.5 && topFive.high > 0.5, `${topFive.mean}`);
  });

  test("counts a tie against the attacker, so a decoy like the original and a flat reconstruction identify nothing", () => {
    const originals = pool.slice(0, SIZE), decoys = [[5, 0, 9]];
    assertEquals(identification({ size: SIZE, originals, reconstructions: originals, pool, decoys }).ranks, [2]);
    const flat = new Float32Array(SIZE).fill(0.3);
    assertEquals(identification({ size: SIZE, originals, reconstructions: flat, pool, decoys }).ranks, [4]);
  });

  test("leaves out originals of one colour, says how many, and ranks the others as if alone", () => {
    const originals = noise(4, SIZE, 7), guesses = noise(4, SIZE, 8).map((pixel, i) => pixel + originals[i]!);
    const alone = measure(originals.subarray(0, 2 * SIZE), guesses.subarray(0, 2 * SIZE));
    // The mean of 24 times 0.1 in float32 is another number than 0.1.
    for (const [black, grey] of [[0, 0.1], [0.1, 0.7], [1, 1e-30]] as const) {
      originals.fill(black, 2 * SIZE, 3 * SIZE).fill(grey, 3 * SIZE);
      for (const guess of [guesses, originals]) {
        const found = measure(originals, guess);
        assertEquals([found.images, found.undefined], [2, 2]);
        assertEquals(found.ranks.slice(2), [NaN, NaN]);
      }
      const { identified, topFive, medianRank, ranks } = measure(originals, guesses);
      assertEquals([identified, topFive, medianRank], [alone.identified, alone.topFive, alone.medianRank]);
      assertEquals(ranks.slice(0, 2), alone.ranks);
    }
    assertEquals([alone.images, alone.undefined], [2, 0]);
    const black = new Float32Array(SIZE);
    assertThrows(() => measure(black, black), RangeError, "originals: no image has contrast");
  });

  test("of reconstructions of one colour finds nothing, also where their mean is rounded", () => {
    const originals = noise(3, SIZE, 9), ranks = new Array(3).fill(DECOYS + 1);
    for (const colour of [0, 0.1, 0.3, 0.7, 1, 1e-30]) {
      assertEquals(measure(originals, new Float32Array(3 * SIZE).fill(colour)).ranks, ranks);
    }
  });

  test("leaves decoys of one colour out: they neither help nor harm, and chance counts the others", () => {
    const original = noise(1, SIZE, 10), guess = original.map((pixel) => 1 - pixel), flat = pool.slice();
    const measured = (decoys: number[][], reconstructions: Float32Array) =>
      identification({ size: SIZE, originals: original, reconstructions, pool: flat, decoys });
    flat.fill(0, 0, SIZE).fill(0.1, SIZE, 2 * SIZE);
    for (const reconstruction of [original, guess, noise(1, SIZE, 11)]) {
      const all = measured([[0, 5, 1, 9, 12]], reconstruction), others = measured([[5, 9, 12]], reconstruction);
      assertEquals([all.ranks, all.identified, all.topFive], [others.ranks, others.identified, others.topFive]);
      assertEquals(all.identified.chance, 0.25);
    }
    assertThrows(() => measured([[0, 1]], original), RangeError, "none a decoy that has");
  });

  test("gives the median half-way between the middle two", () => {
    const originals = noise(2, SIZE, 5), reconstructions = originals.slice();
    reconstructions.subarray(SIZE).set(originals.subarray(SIZE).map((pixel) => -pixel));
    assertEquals(measure(originals, reconstructions).medianRank, (1 + DECOYS + 1) / 2);
  });

  test("refuses what does not fit, by name", () => {
    const one = noise(1, SIZE, 6), decoys = [[0, 1]];
    const refused = (options: object, text: string) =>
      assertThrows(
        () => identification({ size: SIZE, originals: one, reconstructions: one, pool, decoys, ...options }),
        RangeError,
        text,
      );
    refused({ size: 0 }, "size is 0");
    refused({ originals: one.subarray(1) }, "originals has 23 values");
    refused({ reconstructions: noise(2, SIZE, 1) }, "reconstructions has 48 values, but originals 24");
    refused({ decoys: [] }, "decoys has 0 lists");
    refused({ decoys: [[]] }, "decoys[0] has 0 places");
    refused({ decoys: [[40]] }, "decoys[0] names place 40; the pool has 40");
    refused({ reconstructions: one.with(3, NaN) }, "reconstructions: pixel 3 of image 0 is NaN");
  });
});

describe("decoys of the same label", () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % 3);

  test("are as many different other images with the target's label as asked for", () => {
    fc.assert(fc.property(fc.nat(), fc.nat(59), fc.integer({ min: 1, max: 19 }), (seed, target, count) => {
      const [decoys] = sameLabelDecoys({ labels, targets: [target], count, seed: seed >>> 0 }) as [number[]];
      assertEquals(new Set(decoys).size, count);
      assert(decoys.every((index) => index !== target && labels[index] === labels[target]));
    }));
  });

  test("depend on the seed and the target's place, not on how many targets follow", () => {
    const decoys = (targets: number[], seed: number) => sameLabelDecoys({ labels, targets, count: 5, seed });
    assertEquals(decoys([4, 9, 30], 7).slice(0, 2), decoys([4, 9], 7));
    assert(decoys([4, 9], 7).join() !== decoys([4, 9], 8).join());
  });

  test("are each as likely as the others", () => {
    const counts = new Map<number, number>();
    const targets = new Array(4000).fill(0);
    for (const decoy of sameLabelDecoys({ labels, targets, count: 5, seed: 3 }).flat()) {
      counts.set(decoy, (counts.get(decoy) ?? 0) + 1);
    }
    assertEquals(counts.size, 19);
    // 20,000 draws over 19 images: a standard deviation is 32.
    for (const count of counts.values()) assert(Math.abs(count - 20_000 / 19) < 160, `${count}`);
  });

  test("are refused where there are too few, and for what is no image", () => {
    assertThrows(() => sameLabelDecoys({ labels, targets: [0], count: 20 }), RangeError, "label 0 has 19 images");
    assertThrows(() => sameLabelDecoys({ labels, targets: [60] }), RangeError, "targets[0] is 60");
    assertThrows(() => sameLabelDecoys({ labels, targets: [0], count: 0 }), RangeError, "count is 0");
  });
});
