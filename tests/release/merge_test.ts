import { assert, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { certifyCodes, mergeRareCodes } from "../../mod.ts";

describe("merging rare codes", () => {
  test("changes no prediction, leaves no rare code beside a common one of the same, and lowers the bound", () => {
    const one = fc.record({ code: fc.integer({ min: 0, max: 15 }), label: fc.integer({ min: 0, max: 1 }) });
    const all = fc.array(one, { minLength: 60, maxLength: 200 });
    const predictions = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 16, maxLength: 16 });
    fc.assert(fc.property(all, predictions, fc.integer({ min: 0, max: 20 }), (images, predictions, least) => {
      const population = images.map(({ code }) => code), labels = images.map(() => 0);
      const table = mergeRareCodes({ codes: 16, population, predictions, least });
      const sent = population.map((code) => table.sent[code]!);
      sent.forEach((code, i) => assertEquals(table.predictions[code], predictions[population[i]!]));
      for (const prediction of [0, 1, 2]) {
        const counts = new Map<number, number>();
        for (const code of sent) {
          if (table.predictions[code] === prediction) counts.set(code, (counts.get(code) ?? 0) + 1);
        }
        if (counts.size > 1) assert([...counts.values()].every((count) => count >= least));
      }
      const options = { candidates: 10 };
      assert(certifyCodes(sent, labels, options).value <= certifyCodes(population, labels, options).value + 1e-12);
    }));
  });

  test("gives codes that nobody has to the commonest of their prediction", () => {
    const options = { codes: 5, population: [0, 1, 1, 4], predictions: [9, 9, 9, 2, 2], least: 1 };
    assertEquals(mergeRareCodes(options), { sent: Uint8Array.of(0, 1, 1, 2, 2), predictions: [9, 9, 2] });
    const predictions = Array.from({ length: 300 }, (_, code) => code);
    const wide = mergeRareCodes({ codes: 300, population: [299], predictions, least: 1 });
    assertEquals(wide, { sent: Uint16Array.from(predictions), predictions });
  });

  test("sends no more than it may, the commonest of all, and one for each prediction in any case", () => {
    const population = [0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 4], predictions = [5, 5, 5, 6, 6];
    const sent = (most: number) => Array.from(mergeRareCodes({ codes: 5, population, predictions, most }).sent);
    assertEquals([sent(5), sent(4), sent(3), sent(1)], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 3], [0, 0, 1, 2, 2], [
      0,
      0,
      0,
      1,
      1,
    ]]);
  });

  test("leaves the codes that cost the least where labels are known", () => {
    // Of label 0 code 1 is common and code 2 not; of prediction 5 there are two labels, of which code 3 tells.
    const times = (code: number, label: number, images: number) => Array.from({ length: images }, () => [code, label]);
    const all = [
      ...times(0, 0, 900),
      ...times(1, 0, 300),
      ...times(2, 0, 200),
      ...times(3, 1, 400),
      ...times(4, 1, 400),
    ];
    const population = all.map(([code]) => code!), labels = all.map(([, label]) => label!);
    const options = { codes: 5, population, predictions: [5, 5, 5, 8, 8], most: 3 };
    const bound = (table: { sent: ArrayLike<number> }) =>
      certifyCodes(population.map((code) => table.sent[code]!), labels).value;
    const known = mergeRareCodes({ ...options, labels }), blind = mergeRareCodes(options);
    assertEquals([known.predictions.length, blind.predictions.length], [3, 3]);
    const every = [[1], [2], [4]].map((kept) => ({
      sent: [0, 1, 2, 3, 4].map((code) => kept.includes(code) ? code : code < 3 ? 0 : 3),
    }));
    assert(bound(known) <= Math.min(...every.map(bound)) + 1e-12, `${bound(known)}, not ${every.map(bound)}`);
  });

  test("refuses codes that there are not, and says which", () => {
    const options = { codes: 2, population: [0, 2], predictions: [0, 0], least: 1 };
    assertThrows(() => mergeRareCodes(options), RangeError, "population[1] is 2; it must be an integer from 0 to 1");
    assertThrows(() => mergeRareCodes({ ...options, predictions: [0] }), RangeError, "predictions has 1 entries");
  });
});
