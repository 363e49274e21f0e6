/** What matching gradients follows: the derivatives of the distance and of the total variation. */
import { describe, test } from "node:test";
import { openEngine, relativeL2 } from "../../mod.ts";
import { GradientMatching } from "../../src/attack/gradient_matching.ts";
import { addTotalVariation } from "../../src/attack/total_variation.ts";
import { assert, assertAlmostEquals, assertEquals } from "#std/assert";
import { draws } from "../support/draws.ts";
import { EXACT, smooth, valuesOf } from "../support/leaking_network.ts";

describe("the derivative of the gradients' distance", () => {
  for (const distance of ["euclidean", "cosine"] as const) {
    test(`is that of finite differences in float64: ${distance}`, async () => {
      const engine = await openEngine({ engine: "reference", build: "float64" });
      const parameters = await valuesOf(engine, smooth), labels = [1, 4];
      const matching = new GradientMatching(engine, smooth, { parameters, masks: {} }, 2);
      const target = matching.target(await matching.gradients(draws(128, 1), labels)), x = draws(128, 2);
      const { derivative } = await matching.compare(distance, target, x, labels);
      const differences = new Float64Array(128), step = 1 / 64;
      for (let i = 0; i < 128; i++) {
        const [ahead, behind] = [x.slice(), x.slice()];
        ahead[i]! += step;
        behind[i]! -= step;
        const apart = await matching.distance(distance, target, ahead, labels) -
          await matching.distance(distance, target, behind, labels);
        differences[i] = apart / (ahead[i]! - behind[i]!);
      }
      const off = relativeL2(differences, derivative);
      assert(off < 2e-4, `off by ${off}`);
      const wasm = new GradientMatching(await openEngine(EXACT), smooth, { parameters, masks: {} }, 2);
      const inFloat32 = relativeL2(differences, (await wasm.compare(distance, target, x, labels)).derivative);
      assert(inFloat32 < 1e-3, `in float32 off by ${inFloat32}`);
    });
  }

  test("is 0 where the gradients are the same", async () => {
    const engine = await openEngine(EXACT), parameters = await valuesOf(engine, smooth), x = draws(64, 1);
    const matching = new GradientMatching(engine, smooth, { parameters, masks: {} }, 1);
    const same = await matching.compare("euclidean", matching.target(await matching.gradients(x, [2])), x, [2]);
    assertEquals(same, { distance: 0, derivative: new Float32Array(64) });
  });
});

test("total variation: its derivative is that of finite differences, for every image and channel alone", () => {
  const shape = [2, 3, 4] as const, images = draws(48, 3), derivative = new Float32Array(48);
  addTotalVariation(images, shape, 2, derivative);
  const variation = (x: Float32Array) => {
    let [vertical, horizontal] = [0, 0];
    for (let plane = 0; plane < 4; plane++) {
      const at = (row: number, column: number) => x[12 * plane + 4 * row + column]!;
      for (let row = 0; row < 3; row++) {
        for (let column = 0; column < 4; column++) {
          if (row > 0) vertical += Math.abs(at(row, column) - at(row - 1, column));
          if (column > 0) horizontal += Math.abs(at(row, column) - at(row, column - 1));
        }
      }
    }
    return 2 * (vertical / (2 * 2 * 4) + horizontal / (2 * 3 * 3));
  };
  images.forEach((pixel, i) => {
    const moved = (by: number) => images.map((value, j) => i === j ? pixel + by : value);
    assertAlmostEquals(derivative[i]!, (variation(moved(1e-3)) - variation(moved(-1e-3))) / 2e-3, 1e-3, `pixel ${i}`);
  });
});
