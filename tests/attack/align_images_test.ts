/** Reconstructions in the order of the originals. */
import { describe, test } from "node:test";
import { alignImages } from "../../mod.ts";
import { assertEquals, assertThrows } from "#std/assert";

describe("images of a batch", () => {
  test("are put into the order of the originals, within their labels where these are given", () => {
    const originals = Float32Array.of(0, 0, 1, 1, 2, 2), found = Float32Array.of(2, 1.5, 0, 0.5, 1, 1);
    assertEquals(alignImages(2, originals, found), Float32Array.of(0, 0.5, 1, 1, 2, 1.5));
    assertEquals(alignImages(2, originals, found, [7, 7, 8]), Float32Array.of(0, 0.5, 2, 1.5, 1, 1));
  });

  test("must be as many", () => {
    assertThrows(() => alignImages(2, new Float32Array(3), new Float32Array(3)), RangeError, "originals has 3 values");
    assertThrows(() => alignImages(2, new Float32Array(4), new Float32Array(2)), RangeError, "reconstructions 2");
    assertThrows(
      () => alignImages(1, new Float32Array(2), new Float32Array(2), [1]),
      RangeError,
      "labels has 1 values",
    );
  });
});
