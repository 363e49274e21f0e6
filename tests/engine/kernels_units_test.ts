import fc from "fast-check";
import { describe, test } from "node:test";
import { units } from "../../src/engine/cpu/reference/units.ts";
import { UNIT_IMPORTANCES, type UnitImportance } from "../../src/engine/suppression.ts";
import { Random } from "../../src/random/threefry.ts";
import { assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, scratch, updated } from "../support/kernel_harness.ts";
import { draw, drawMask, holds, type Style, whole } from "../support/kernel_values.ts";
import { importances, silencedUnits, unitMasks } from "../support/units.ts";

interface Case {
  units: number;
  taps: number;
  rows: number;
  columns: number;
  style: Style;
  importance: UnitImportance;
  withBias: boolean;
  seed: number;
  word: number;
}

const CASES = {
  units: fc.oneof(whole(1, 9), whole(10, 40)),
  taps: whole(1, 12),
  rows: whole(1, 5),
  columns: whole(1, 4),
  style: fc.constantFrom<Style>("fine", "whole"),
  importance: fc.constantFrom(...UNIT_IMPORTANCES),
  withBias: fc.boolean(),
  seed: fc.nat(),
  word: whole(0, 3),
};

/** Masks `[units][each]` of which some units have nothing left. */
function drawUnitMask(random: Random, units: number, each: number): Int32Array {
  const silent = Array.from({ length: units }, () => random.integer(4) === 0);
  return drawMask(random, units * each).map((kept, i) => silent[Math.floor(i / each)] ? 0 : kept);
}

/** The tensors of a case. */
function tensorsOf({ units, taps, rows, columns, style, withBias, seed }: Case) {
  const random = new Random(seed), some = (count: number) => draw(random, count, style);
  const kept = (mask: Int32Array) => Uint8Array.from(mask, (word) => word & 1);
  const weightMask = drawUnitMask(random, units, taps), readerMask = drawMask(random, rows * units * columns);
  const biasMask = drawUnitMask(random, units, 1);
  const values = { weight: some(units * taps), reader: some(rows * units * columns), bias: some(units) };
  const masks = { weight: kept(weightMask), reader: kept(readerMask), bias: kept(biasMask) };
  const silent = Array.from(
    { length: units },
    (_, unit) =>
      masks.weight.subarray(unit * taps, (unit + 1) * taps).every((one) => one === 0) &&
      (!withBias || masks.bias[unit] === 0),
  );
  return { values, masks, silent, words: { weight: weightMask, reader: readerMask, bias: biasMask } };
}

describe("the kernels of units on every engine", () => {
  test("a unit is silent whose weights and bias are all masked, and the others are not", () =>
    holds(CASES, (one) => {
      const { words, silent } = tensorsOf(one), at = 4 * one.word;
      const args = [input(words.weight, at), one.withBias ? input(words.bias, at) : 0, one.units, one.taps] as const;
      for (const { result } of compareKernel("silentUnits", [...args])) {
        assertEquals(result, silent.filter((isSilent) => isSilent).length);
      }
    }, 80));

  test("the least important units fall silent with what makes and what reads them, as worked out from whole tensors", () =>
    holds({ ...CASES, share: whole(0, 10) }, ({ share, ...one }) => {
      const { units, taps, rows, columns, withBias, importance } = one,
        { values, masks, silent, words } = tensorsOf(one);
      const target = Math.round(units * share / 10), before = silent.filter((isSilent) => isSilent).length;
      const layer = {
        ...{ layerName: "fc", name: "fc", granularity: "unit", minNum: 1, keepsZero: true, silencers: [] } as const,
        ...{ units, columns, weight: "weight", reader: "reader", bias: withBias ? "bias" : undefined, importance },
      };
      const expected = { ...masks };
      if (before < target) {
        const chosen = silencedUnits(silent, importances(layer, values), target);
        Object.assign(expected, unitMasks(layer, chosen, values, masks));
      }
      const at = 4 * one.word, now = [updated(words.weight, "equal", at), updated(words.reader, "equal", at)] as const;
      const biasNow = updated(words.bias, "equal", at);
      const runs = compareKernel("suppressUnits", [
        input(values.weight, at),
        withBias ? input(values.bias, at) : 0,
        input(values.reader, at),
        now[0],
        withBias ? biasNow : 0,
        now[1],
        scratch(2 * units),
        ...[units, taps, rows, columns, UNIT_IMPORTANCES.indexOf(importance), target] as const,
      ]);
      const bits = (words: number[]) => Uint8Array.from(words, (word) => word & 1);
      for (const { after, result } of runs) {
        assertEquals(result, Math.max(before, target));
        assertEquals(bits(after(now[0])), expected.weight);
        assertEquals(bits(after(now[1])), expected.reader);
        if (withBias) assertEquals(bits(after(biasNow)), expected.bias);
      }
    }, 200));

  test("of equals the first falls silent, and what is no number or infinite is as important as can be", () => {
    const weight = input(Float32Array.of(NaN, 3, 3, 3e38, 2, Infinity)), reader = input(new Float32Array(6).fill(1));
    for (
      const [target, kept] of [
        [1, [-1, -1, -1, -1, 0, -1]],
        [2, [-1, 0, -1, -1, 0, -1]],
        [4, [-1, 0, 0, 0, 0, -1]],
        [5, [0, 0, 0, 0, 0, -1]],
        [6, [0, 0, 0, 0, 0, 0]],
      ] as const
    ) {
      for (const importance of [0, 1]) {
        const [made, read] = [updated(new Int32Array(6).fill(-1)), updated(new Int32Array(6).fill(-1))];
        const sizes = [6, 1, 1, 1, importance, target] as const;
        const args = [weight, 0, reader, made, 0, read, scratch(12), ...sizes] as const;
        for (const { after, result } of compareKernel("suppressUnits", [...args])) {
          assertEquals(result, target);
          assertEquals(after(made), [...kept]);
          assertEquals(after(read), [...kept]);
        }
      }
    }
  });
});

everyKernelRan(units);
