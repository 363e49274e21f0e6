import { describe, test } from "node:test";
import { NeighbourDecoder, Random } from "../../mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";

const shape = [1, 1, 2] as const;

describe("a decoder by neighbours", () => {
  test("gives back the very example whose features are seen", async () => {
    const random = new Random(1),
      draw = (count: number) => Float32Array.from({ length: count }, () => random.uniform());
    const images = draw(2 * 50), features = draw(3 * 50);
    const decoder = new NeighbourDecoder({ features, images, shape, neighbours: 1 });
    assertEquals(await decoder.generate(features), images);
  });

  test("takes the mean of the nearest, each feature by its deviation; one that never differs is passed over", async () => {
    // The second feature is a hundred times the first: by their deviations they count alike. The third says nothing.
    const features = Float32Array.of(0, 0, 7, 1, 0, 7, 0, 100, 7, 1, 100, 7);
    const images = Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1);
    const decoder = new NeighbourDecoder({ features, images, shape, neighbours: 2 });
    assertEquals([...await decoder.generate(Float32Array.of(0.4, 10, 500))], [0.5, 0]);
    assertEquals([...await decoder.generate(Float32Array.of(0, 45, 7))], [0, 0.5]);
  });

  test("takes the first of those equally near, and all where there are fewer", async () => {
    const images = Float32Array.of(0, 0, 1, 1, 1, 0);
    const same = { features: Float32Array.of(5, 5, 5), images, shape };
    assertEquals([...await new NeighbourDecoder({ ...same, neighbours: 2 }).generate(Float32Array.of(1))], [0.5, 0.5]);
    const [all] = await new NeighbourDecoder(same).generate(Float32Array.of(1));
    assert(Math.abs(all! - 2 / 3) < 1e-7);
  });

  test("refuses what does not fit, by name", async () => {
    const images = new Float32Array(4), features = Float32Array.of(1, 2);
    const decoder = new NeighbourDecoder({ features: new Float32Array(4), images, shape });
    await assertRejects(() => decoder.generate(new Float32Array(3)), RangeError, "targetFeatures has 3 values");
    const refused = (wrong: object, message: string) =>
      assertThrows(() => new NeighbourDecoder({ features, images, shape, ...wrong }), RangeError, message);
    refused({ images: new Float32Array(3) }, "images has 3 values");
    refused({ features: new Float32Array(3) }, "features has 3 values");
    refused({ features: Float32Array.of(1, NaN) }, "features[1] is NaN");
    refused({ neighbours: 0 }, "neighbours is 0");
  });
});
