import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { certifyCodes, distinctFeatures, matchCandidates, Random, sameLabelDecoys } from "../../mod.ts";

describe("candidates whose features are known", () => {
  test("are told apart where features differ in a bit, and not where they are the same", () => {
    const features = Float32Array.of(1, 2, 1, 2 + 2 ** -22, 1, 2, 0, 2, -0, 2);
    assertEquals(Array.from(distinctFeatures(features, 2)), [0, 1, 0, 2, 3]);
    const found = matchCandidates({ features, size: 2, targets: [1, 0], decoys: [[0, 2, 3], [2, 1, 4]] });
    assertEquals([found.expected, found.identified.chance], [0.75, 0.25]);
    assert([0.5, 1].includes(found.identified.mean));
  });

  test("come to what counting says of a code, and to certainty of float features", () => {
    const images = 4000, random = new Random(2, 0);
    const labels = Int32Array.from({ length: images }, () => random.integer(3));
    const codes = labels.map((label) => label + 3 * Math.floor(random.uniform() * random.uniform() * 8));
    const targets = Int32Array.from({ length: 2000 }, (_, i) => i);
    const decoys = sameLabelDecoys({ labels, targets, count: 49 });
    const found = matchCandidates({ features: Float32Array.from(codes), size: 1, targets, decoys });
    const { value } = certifyCodes(codes, labels, { candidates: 50 });
    assert(found.identified.low <= value && value <= found.identified.high, `${found.identified.mean}, not ${value}`);
    // The mean over these candidates, without the ties' chance, is nearer.
    assertAlmostEquals(found.expected, value, 0.01);
    const floats = Float32Array.from({ length: images }, () => random.uniform());
    const float = matchCandidates({ features: floats, size: 1, targets, decoys });
    assert(float.identified.mean > 0.99);
    assert(certifyCodes(distinctFeatures(floats, 1), labels, { candidates: 50 }).value > 0.999);
  });

  test("are refused where they are none, and it is said which", () => {
    const options = { features: Float32Array.of(1, 2, 3), size: 1, targets: [0], decoys: [[1, 2]] };
    const refused = (change: object, message: string) =>
      assertThrows(() => matchCandidates({ ...options, ...change }), RangeError, message);
    refused({ size: 2 }, "features has 3 values; it must be whole images of 2");
    refused({ features: Float32Array.of(1, NaN, 3) }, "features: feature 0 of image 1 is NaN");
    refused({ targets: [3] }, "targets[0] is 3; it must be an integer from 0 to 2, the last image");
    refused({ decoys: [[]] }, "decoys[0] has 0 places");
    refused({ decoys: [[1, 7]] }, "decoys[0] is 7");
    refused({ targets: [0, 1] }, "decoys has 1 lists for 2 targets");
    refused({ seed: -1 }, "seed is -1");
  });
});
