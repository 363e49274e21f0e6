import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { certifyCodes, Random, wilsonInterval } from "../../mod.ts";

/** All choices of `count` from a list. */
function choices<Item>(items: readonly Item[], count: number): Item[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, i) => choices(items.slice(i + 1), count - 1).map((rest) => [item, ...rest]));
}

/** The best attack's success by its definition: over all candidates and all targets among them. */
function byBruteForce(codes: readonly number[], candidates: number): number {
  const games = choices(codes, candidates);
  const ofGame = (game: number[]) =>
    game.reduce((sum, code) => sum + 1 / game.filter((other) => other === code).length, 0) / candidates;
  return games.reduce((sum, game) => sum + ofGame(game), 0) / games.length;
}

/** The share of games that an attacker wins who names one of the candidates with the target's code. */
function played(codes: readonly number[], candidates: number, games: number, seed: number) {
  const random = new Random(seed, 0), pool = codes.slice();
  let won = 0;
  for (let game = 0; game < games; game++) {
    for (let i = 0; i < candidates; i++) {
      const other = i + random.integer(pool.length - i);
      [pool[i], pool[other]] = [pool[other]!, pool[i]!];
    }
    const target = random.integer(candidates), alike: number[] = [];
    for (let i = 0; i < candidates; i++) if (pool[i] === pool[target]) alike.push(i);
    if (alike[random.integer(alike.length)] === target) won++;
  }
  return wilsonInterval(won, games);
}

describe("the certificate of a code", () => {
  test("is what all games say, played out", () => {
    const small = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 9 });
    fc.assert(fc.property(small, fc.integer({ min: 2, max: 5 }), (codes, most) => {
      const candidates = Math.min(most, codes.length), labels = codes.map(() => 3);
      const { value, unlabelled } = certifyCodes(codes, labels, { candidates });
      assertAlmostEquals(value, byBruteForce(codes, candidates), 1e-12);
      assertAlmostEquals(unlabelled, value, 1e-12);
    }));
  });

  test("is what 100,000 games say, drawn by chance", () => {
    // Sets of many sizes, some of one image.
    const codes = Array.from({ length: 3000 }, (_, image) => Math.floor(Math.sqrt(image))).map((code) => code % 31);
    codes.push(100, 101, 102);
    const { value } = certifyCodes(codes, codes.map(() => 0));
    const { low, high } = played(codes, 100, 100_000, 5);
    assert(low <= value && value <= high, `${value} is not within ${low} and ${high}`);
  });

  test("weighs labels by their images, and tells each", () => {
    const codes = [0, 0, 0, 0, 1, 1, 2, 3, 0, 1], labels = [5, 5, 5, 5, 5, 5, 5, 5, 7, 7];
    const { value, byLabel, codes: used, bits, smallestSet, sharesInSetsBelow } = certifyCodes(codes, labels, {
      candidates: 2,
    });
    const five = byBruteForce(codes.slice(0, 8), 2);
    assertAlmostEquals(value, 0.8 * five + 0.2, 1e-12);
    assertEquals(byLabel.map(({ label, images, codes, smallestSet }) => [label, images, codes, smallestSet]), [
      [5, 8, 4, 1],
      [7, 2, 2, 1],
    ]);
    assertEquals([used, bits, smallestSet, sharesInSetsBelow[10]], [4, 2, 1, 1]);
  });

  test("of features that never collide is certain, of one code is a blind guess", () => {
    const images = Array.from({ length: 1000 }, (_, i) => i), labels = images.map(() => 0);
    assertAlmostEquals(certifyCodes(images, labels).value, 1, 1e-12);
    const one = certifyCodes(labels, labels, { candidates: 50 });
    assertAlmostEquals(one.value, 1 / 50, 1e-12);
    assertAlmostEquals(one.worst.value, 1 / 50, 1e-12);
    assertEquals(one.curve.map(({ candidates }) => candidates), [2, 10, 100, 1000, "all of the label"]);
    one.curve.forEach(({ candidates, value }) =>
      assertAlmostEquals(value * (candidates === "all of the label" ? 1000 : candidates), 1, 1e-9)
    );
  });

  test("is no lower with more codes, and no higher with some merged", () => {
    const list = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 20, maxLength: 60 });
    fc.assert(fc.property(list, (codes) => {
      const labels = codes.map(() => 0), options = { candidates: 10 };
      const merged = codes.map((code) => code === 6 ? 0 : code);
      assert(certifyCodes(merged, labels, options).value <= certifyCodes(codes, labels, options).value + 1e-12);
    }));
  });

  test("knows the anchors: sets of 1, 60 and 1,500 of 6,000 images, among 100", () => {
    for (const [set, percent] of [[1, 100], [10, 92.9], [60, 63.7], [300, 19.9], [1500, 4.0]] as const) {
      const codes = Array.from({ length: 6000 }, (_, image) => image < set ? 1 : image < 2 * set ? 2 : 0);
      const { worst } = certifyCodes(codes, codes.map(() => 0));
      assertAlmostEquals(100 * worst.value, percent, 0.05);
    }
  });

  test("adds McDiarmid's margin for images that were not counted", () => {
    const labels = new Array(10_000).fill(0), codes = labels.map((_, image) => image % 3);
    const { value, unseen } = certifyCodes(codes, labels, { unseenConfidence: 0.95 });
    assertAlmostEquals(unseen!.margin, 0.0122, 5e-5);
    assertAlmostEquals(unseen!.value, value + unseen!.margin, 1e-12);
    assertEquals(certifyCodes(codes, labels).unseen, undefined);
  });

  test("tells how well the images could be rebuilt: no better than what is tried, and no worse than what is reached", () => {
    const random = new Random(3, 0), images = 60, size = 12;
    const pixels = Float32Array.from({ length: images * size }, () => random.uniform());
    const codes = Array.from({ length: images }, (_, i) => i % 4), labels = codes.map(() => 0);
    const { reconstruction } = certifyCodes(codes, labels, { candidates: 10, images: pixels });
    const row = (i: number) => pixels.subarray(i * size, (i + 1) * size);
    const norm = (v: ArrayLike<number>) => Math.sqrt(Array.from(v).reduce((sum, x) => sum + x * x, 0));
    const standard = (v: ArrayLike<number>) => {
      const list = Array.from(v), mean = list.reduce((sum, x) => sum + x, 0) / size;
      const apart = list.map((x) => x - mean), length = norm(apart);
      return apart.map((x) => x / length);
    };
    let l2 = 0, correlation = 0;
    for (let code = 0; code < 4; code++) {
      const own = Array.from({ length: images }, (_, i) => i).filter((i) => codes[i] === code).map(row);
      const mean = (of: (image: Float32Array) => ArrayLike<number>) =>
        Array.from({ length: size }, (_, k) => own.reduce((sum, one) => sum + of(one)[k]!, 0) / own.length);
      const middle = mean((one) => one), direction = standard(mean(standard));
      for (const one of own) {
        l2 += norm(one.map((x, k) => x - middle[k]!)) / norm(one) / images;
        correlation += standard(one).reduce((sum, x, k) => sum + x * direction[k]!, 0) / images;
      }
    }
    // The mean of a cell is near its weighted median, but no better.
    assert(reconstruction!.leastL2 <= l2 && reconstruction!.leastL2 > 0.97 * l2, `${reconstruction!.leastL2}, ${l2}`);
    assertAlmostEquals(reconstruction!.highestCorrelation, correlation, 1e-9);
  });

  test("of images that are alike, or black, or of one colour, is defined", () => {
    const images = Float32Array.of(0, 0, 1, 2, 1, 2, 3, 3), codes = [0, 0, 0, 0];
    const { reconstruction } = certifyCodes(codes, codes, { candidates: 2, images });
    assertEquals(reconstruction!.undefined, { l2: 1, correlation: 2 });
    assertAlmostEquals(reconstruction!.highestCorrelation, 1, 1e-12);
    assert(reconstruction!.leastL2 >= 0 && reconstruction!.leastL2 < 1);
  });

  test("refuses what it cannot count, and says which", () => {
    const refused = (codes: number[], labels: number[], options: object, message: string) =>
      assertThrows(() => certifyCodes(codes, labels, options), RangeError, message);
    refused([], [], {}, "codes has 0 entries");
    refused([1], [1, 2], {}, "codes has 1 entries and labels 2");
    refused([1, 2], [0, 0], {}, "candidates is 100; it must be an integer from 2 to 2, the images of label 0");
    refused([1, 0.5], [0, 0], { candidates: 2 }, "codes[1] is 0.5");
    refused([1, 1], [0, -1], { candidates: 2 }, "labels[1] is -1");
    refused([1, 1], [0, 0], { candidates: 2, unseenConfidence: 1 }, "unseenConfidence is 1");
    refused([1, 1], [0, 0], { candidates: 2, images: new Float32Array(3) }, "images has 3 values");
    refused([1, 1], [0, 0], { candidates: 2, images: Float32Array.of(0, NaN) }, "images: pixel 0 of image 1 is NaN");
  });
});
