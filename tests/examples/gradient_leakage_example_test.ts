import { describe, test } from "node:test";
import { measureLeakage } from "../../examples/gradient_leakage/measure.ts";
import { assert, assertEquals } from "#std/assert";

describe("the example of gradient leakage", () => {
  test("gets labels and features from single gradients of every network, and no image from a noised one", async () => {
    const lines: string[] = [];
    const settings = { data: undefined, samples: 640, seed: 1, epochs: 1, images: 6, counts: [] };
    const figures = await measureLeakage(settings, (line) => lines.push(line));
    assertEquals(figures.map(({ network }) => network), [
      "at the start of training",
      "ordinary, SGD",
      "weights, 95 % silent",
      "8 units of fc1",
      "ordinary, clipped and noised",
    ]);
    const noised = figures.at(-1)!, bare = figures.slice(0, -1);
    for (const { labels, features, inversion } of bare) {
      assertEquals([labels, inversion.images], [1, 6]);
      assert(features > 0.7, `${features} of the features are told`);
      assert(inversion.identified!.mean >= 0.5, `${inversion.identified!.mean} are identified`);
    }
    assert(bare[2]!.features < 1, "suppressed weights tell nothing");
    assert(
      noised.inversion.identified!.mean < 0.5,
      `${noised.inversion.identified!.mean} are identified in spite of noise`,
    );
    assertEquals(lines.length, 9);
  });
});
