import { assertAlmostEquals, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import { relativeL2 } from "../../src/metrics/l2.ts";
import { MINDARMOUR_DATA_RANGE, ssim } from "../../src/metrics/ssim.ts";
import { goldenMissing, goldenSettings, goldenTensors } from "./golden.ts";

describe("the metrics against the reference's", () => {
  test("L2 and SSIM of every golden pair lie within 1e-6", { skip: goldenMissing("metrics") }, () => {
    const golden = goldenTensors("metrics");
    const [pairs, channels, height, width] = golden.shape("originals") as [number, number, number, number];
    const size = channels * height * width;
    assertEquals(golden.f64("ssim").length, pairs);
    for (let pair = 0; pair < pairs; pair++) {
      const original = golden.f32("originals").subarray(pair * size, (pair + 1) * size);
      const compared = golden.f32("compared").subarray(pair * size, (pair + 1) * size);
      assertAlmostEquals(relativeL2(original, compared), golden.f64("l2")[pair]!, 1e-6);
      assertAlmostEquals(
        ssim(original, compared, { channels, height, width, dataRange: MINDARMOUR_DATA_RANGE }),
        golden.f64("ssim")[pair]!,
        1e-6,
      );
    }
  });

  test("L2 and SSIM of the inverted digits average to the reference's figures", {
    skip: goldenMissing("inversion"),
  }, () => {
    const golden = goldenTensors("inversion");
    const { evaluation } = goldenSettings<{ evaluation: { avgL2: number; avgSsim: number } }>("inversion");
    const [images, channels, height, width] = golden.shape("originals") as [number, number, number, number];
    const size = channels * height * width;
    let l2 = 0;
    let similarity = 0;
    for (let image = 0; image < images; image++) {
      const original = golden.f32("originals").subarray(image * size, (image + 1) * size);
      const inverted = golden.f32("inverted").subarray(image * size, (image + 1) * size);
      l2 += relativeL2(original, inverted) / images;
      similarity += ssim(original, inverted, { channels, height, width, dataRange: MINDARMOUR_DATA_RANGE }) / images;
    }
    assertAlmostEquals(l2, evaluation.avgL2, 1e-6);
    assertAlmostEquals(similarity, evaluation.avgSsim, 1e-6);
  });
});

describe("the golden traces", () => {
  for (const name of ["control", "inversion", "metrics", "resize", "training"]) {
    test(`"${name}" loads, each array of one of four types`, { skip: goldenMissing(name) }, () => {
      const golden = goldenTensors(name);
      for (const array of golden.names) {
        assertEquals(["F32", "F64", "I32", "U8"].includes(golden.get(array).dtype), true);
      }
    });
  }
});
