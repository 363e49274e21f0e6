/** The settings of suppress privacy: their defaults, and what is refused or warned of. */
import { describe, test } from "node:test";
import {
  lenet5,
  lenet5MaskLayers,
  type SuppressCtrl,
  type SuppressOptions,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "#std/assert";

const control = (options: SuppressOptions): SuppressCtrl =>
  SuppressPrivacyFactory.create(lenet5(), lenet5MaskLayers(), options);

describe("the settings of suppress privacy", () => {
  test("have the defaults of the parameter table", () => {
    assertEquals(control({}).settings, {
      policy: "local_train",
      endEpoch: 10,
      epochs: 10,
      batchNum: 20,
      startEpoch: 3,
      maskTimes: 1000,
      lr: 0.05,
      sparseEnd: 0.9,
      sparseStart: 0,
      seed: 1,
    });
  });

  const refused: readonly [options: Record<string, unknown>, message: string][] = [
    [{ policy: "federated" }, 'policy is "federated"; it must be "local_train"'],
    [{ startEpoch: 0 }, "startEpoch is 0; it must be a positive integer"],
    [{ startEpoch: 1.5 }, "startEpoch is 1.5; it must be a positive integer"],
    [{ startEpoch: 11 }, "startEpoch is 11; it must be at most endEpoch, which is 10"],
    [{ endEpoch: 101 }, "endEpoch is 101; it must be an integer from 1 to 100"],
    [{ endEpoch: 9.5 }, "endEpoch is 9.5; it must be an integer from 1 to 100"],
    [{ endEpoch: 0 }, "endEpoch is 0; it must be an integer from 1 to 100"],
    [{ batchNum: 0 }, "batchNum is 0; it must be a positive integer"],
    [{ batchNum: 2.5 }, "batchNum is 2.5; it must be a positive integer"],
    [{ maskTimes: -3 }, "maskTimes is -3; it must be a positive integer"],
    [{ maskTimes: Infinity }, "maskTimes is Infinity; it must be a positive integer"],
    [{ sparseEnd: NaN }, "sparseEnd is NaN; it must be above"],
    [{ lr: 0 }, "lr is 0; it must be above 0 and at most 0.5"],
    [{ lr: 0.51 }, "lr is 0.51; it must be above 0 and at most 0.5"],
    [{ lr: "0.1x" }, 'lr is "0.1x"; it must be above 0'],
    [{ sparseStart: -0.1 }, "sparseStart is -0.1; it must be at least 0 and below 1"],
    [{ sparseStart: 0.9 }, "sparseEnd is 0.9; it must be above sparseStart, which is 0.9"],
    [{ sparseEnd: 1 }, "sparseEnd is 1; it must be above sparseStart, which is 0, and below 1"],
    [{ sparseEnd: 0 }, "sparseEnd is 0; it must be above sparseStart"],
    [{ seed: -1 }, "seed is -1; it must be an integer from 0 to 2^32 - 1"],
  ];
  for (const [options, message] of refused) {
    test(`are refused by name, value and rule: ${message}`, () => {
      assertThrows(() => control(options as SuppressOptions), RangeError, message);
    });
  }

  test("are accepted at their limits", () => {
    control({ startEpoch: 1, endEpoch: 1, batchNum: 1, maskTimes: 1, lr: 0.5, sparseStart: 0.98, sparseEnd: 0.99 });
    control({ startEpoch: 100, endEpoch: 100 });
  });

  test("earn a warning when operations come more often than every 10 or less often than every 20 steps", () => {
    const warningsAt = (maskTimes: number) => control({ batchNum: 1875, maskTimes }).warnings;
    assertEquals([warningsAt(1000), warningsAt(1400), warningsAt(800)], [[], [], []]);
    for (const [maskTimes, interval] of [[1500, "10"], [3000, "5"], [750, "20"], [100, "150"]] as const) {
      const [warning, ...others] = warningsAt(maskTimes);
      assertEquals(others, []);
      assertStringIncludes(warning!, `every ${interval} steps`);
      assertStringIncludes(warning!, "set maskTimes to about 1000");
    }
  });
});
