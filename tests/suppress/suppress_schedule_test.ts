/** The schedule of suppression: in which steps it operates, and what share of weights is to be gone by then. */
import { describe, test } from "node:test";
import fc from "fast-check";
import { cube, type ScheduleSettings, SuppressSchedule } from "../../src/suppress/schedule.ts";
import { assert, assertAlmostEquals, assertEquals } from "#std/assert";

const SETTINGS: fc.Arbitrary<ScheduleSettings> = fc.record({
  startEpoch: fc.integer({ min: 1, max: 4 }),
  more: fc.integer({ min: 0, max: 4 }),
  batchNum: fc.integer({ min: 1, max: 120 }),
  maskTimes: fc.integer({ min: 1, max: 300 }),
  sparseStart: fc.double({ min: 0, max: 0.9, noNaN: true }),
  rise: fc.double({ min: 0.01, max: 1, noNaN: true }),
}).map(({ more, rise, ...settings }) => ({
  ...settings,
  endEpoch: settings.startEpoch + more,
  sparseEnd: settings.sparseStart + (0.999 - settings.sparseStart) * rise,
}));

interface Planned {
  readonly step: number;
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly target: number;
}

/** All operations of a whole run. */
function plan(settings: ScheduleSettings): Planned[] {
  const schedule = new SuppressSchedule(settings);
  const planned: Planned[] = [];
  for (let epoch = 1; epoch <= settings.endEpoch; epoch++) {
    for (let stepInEpoch = 1; stepInEpoch <= settings.batchNum; stepInEpoch++) {
      const target = schedule.next(epoch, stepInEpoch);
      if (target !== undefined) planned.push({ step: schedule.step, epoch, stepInEpoch, target });
    }
  }
  return planned;
}

/** `property` for the operations of any schedule. */
function holdsForPlans(property: (planned: Planned[], settings: ScheduleSettings) => void): void {
  fc.assert(fc.property(SETTINGS, (settings) => property(plan(settings), settings)), { numRuns: 200 });
}

const derived = ({ startEpoch, endEpoch, batchNum, maskTimes }: ScheduleSettings) => {
  const all = (endEpoch - startEpoch + 1) * batchNum;
  return { all, interval: all / maskTimes, start: (startEpoch - 1) * batchNum + 1 };
};

describe("the schedule", () => {
  test("starts at the first step of startEpoch, or an interval after the beginning if that is later", () => {
    holdsForPlans(([first], settings) => {
      const { interval, start } = derived(settings);
      // The very last operation may come before an interval has passed.
      const last = settings.endEpoch * settings.batchNum - 2;
      const due = Math.max(start, Math.ceil(interval));
      assertEquals(first?.step, last >= start && settings.batchNum > 2 ? Math.min(due, last) : due);
    });
  });

  test("never asks for less than before, for less than sparseStart or for more than sparseEnd", () => {
    holdsForPlans((planned, { sparseStart, sparseEnd }) => {
      let before = sparseStart;
      for (const { target } of planned) {
        assert(target >= before && target <= sparseEnd, `${target} after ${before}`);
        before = target;
      }
    });
  });

  test("operates at batchNum - 2 of endEpoch at the latest, and afterwards only if that is due", () => {
    holdsForPlans((planned, settings) => {
      const { endEpoch, batchNum } = settings;
      if (batchNum < 3) return;
      const at = planned.findIndex(({ epoch, stepInEpoch }) => epoch === endEpoch && stepInEpoch === batchNum - 2);
      assert(at >= 0);
      assert(planned.length - 1 - at <= 2 / derived(settings).interval);
    });
  });

  test("makes about maskTimes operations: one every interval, rounded up to whole steps", () => {
    holdsForPlans((planned, settings) => {
      const { all, interval, start } = derived(settings);
      const gap = Math.max(1, Math.ceil(interval));
      const late = Math.max(0, Math.ceil(interval) - start);
      const expected = Math.ceil((all - late) / gap);
      assert(Math.abs(planned.length - expected) <= 1, `${planned.length} operations, not about ${expected}`);
    });
    const tutorial = { startEpoch: 3, endEpoch: 10, batchNum: 1875, maskTimes: 1000, sparseStart: 0, sparseEnd: 0.95 };
    assert([1000, 1001].includes(plan(tutorial).length));
  });

  test("follows the cubic curve", () => {
    holdsForPlans((planned, settings) => {
      const { all, start } = derived(settings);
      for (const { step, target } of planned) {
        const left = 1 - (step - start) / all;
        const { sparseStart, sparseEnd } = settings;
        assertAlmostEquals(target, sparseEnd + (sparseStart - sparseEnd) * left * left * left, 1e-12);
      }
    });
  });

  test("cubes with a single rounding", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 53 - 1 }), (mantissa) => {
      // Number(bigint) rounds once; scaling by a power of two not at all.
      assertEquals(cube(mantissa / 2 ** 53), Number(BigInt(mantissa) ** 3n) / 2 ** 159);
    }));
    // Where x * x * x rounds twice and differs.
    assertEquals(Array.from({ length: 99 }, (_, i) => i / 99).filter((x) => cube(x) !== x * x * x).length > 10, true);
  });
});
