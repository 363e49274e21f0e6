/** Deep leakage: images brought back by matching gradients. */
import { describe, test } from "node:test";
import {
  Dataset,
  drawnDigits,
  GradientLeakageAttack,
  type GradientLeakageOptions,
  lenet5,
  openEngine,
  type ParameterValues,
  pixels,
  Random,
  relativeL2,
  revealedLabels,
  sizeOf,
  ssim,
} from "../../mod.ts";
import { type GradientDistance, GradientMatching } from "../../src/attack/gradient_matching.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { EXACT, leakageAttack, smooth, valuesOf } from "../support/leaking_network.ts";

/** Blobs that a small network can be asked for: bright discs on a dark ground. */
function blobs(count: number): Float32Array {
  return Float32Array.from({ length: count * 64 }, (_, i) => {
    const image = Math.floor(i / 64), y = Math.floor(i % 64 / 8), x = i % 8;
    const [cy, cx] = [[2, 3], [5, 4], [3, 5], [4, 2]][image % 4]!;
    return Math.max(0, 1 - ((y - cy!) ** 2 + (x - cx!) ** 2) / 8);
  });
}

describe("matching gradients", () => {
  const likeness = (a: Float32Array, b: Float32Array) => ssim(a, b, { channels: 1, height: 8, width: 8 });
  const recover = async (count: number, options: GradientLeakageOptions, masks?: Record<string, Uint8Array>) => {
    const { attack } = await leakageAttack(smooth, masks), images = blobs(count), labels = [1, 2, 3, 4].slice(0, count);
    const gradients = await attack.gradients(images, labels);
    return { attack, images, gradients, found: await attack.generate(gradients, { images: count, ...options }) };
  };

  for (const distance of ["cosine", "euclidean"] as const satisfies readonly GradientDistance[]) {
    test(`brings a small image back from a smooth network: ${distance}`, async () => {
      const { attack, images, found } = await recover(1, { distance, totalVariation: 0, iterations: 600 });
      assert(found.every((pixel) => pixel >= 0 && pixel <= 1));
      assert(relativeL2(images, found) < 0.05, `relative error ${relativeL2(images, found)}`);
      const { ssim, l2 } = await attack.evaluate(images, found);
      assert(ssim.mean! > 0.98 && l2.mean! < 0.05, `structural similarity ${ssim.mean}, distance ${l2.mean}`);
    });
  }

  test("brings several images back, with labels it found itself", async () => {
    const { images, gradients, found } = await recover(3, { totalVariation: 0, iterations: 1500 });
    assertEquals(revealedLabels(smooth, gradients, 3), [1, 2, 3]);
    for (let i = 0; i < 3; i++) {
      const like = likeness(images.subarray(64 * i, 64 * i + 64), found.subarray(64 * i, 64 * i + 64));
      assert(like > 0.9, `image ${i}: structural similarity ${like}`);
    }
  });

  test("works on a suppressed network, of whose gradients only the living ones are seen", async () => {
    const random = new Random(4);
    const masks = Object.fromEntries(
      smooth.parameters.filter(({ name }) => name.endsWith("weight")).map(({ name, shape }) => [
        name,
        Uint8Array.from({ length: sizeOf(shape) }, () => Number(random.uniform() < 0.5)),
      ]),
    );
    const { images, gradients, found } = await recover(1, { totalVariation: 0, iterations: 600 }, masks);
    for (const [name, mask] of Object.entries(masks)) {
      assert(gradients[name]!.every((value, i) => mask[i] || value === 0), `${name} has gradients that are not sent`);
    }
    assert(likeness(images, found) > 0.95, `structural similarity ${likeness(images, found)}`);
  });

  test("gives the same from the same seed, another from another, and says how far it is", async () => {
    const told: string[] = [], distances: number[] = [];
    const options = {
      iterations: 5,
      restarts: 2,
      onProgress: (done: number, total: number) => void told.push(`${done}/${total}`),
      onDistance: (distance: number) => void distances.push(distance),
    };
    const first = await recover(2, options), again = await recover(2, { iterations: 5, restarts: 2 });
    assertEquals(first.found, again.found);
    assert(first.found.every((pixel) => pixel >= 0 && pixel <= 1));
    assert(relativeL2(first.found, (await recover(2, { iterations: 5, seed: 9 })).found) > 0);
    assertEquals([told.length, told[0], told.at(-1)], [10, "1/10", "10/10"]);
    assertEquals(distances.length, 10);
  });

  test("of the restarts keeps the one with the lowest distance", async () => {
    const { attack, gradients, found } = await recover(1, { iterations: 20, restarts: 4 });
    const { parameters, engine } = await leakageAttack(smooth);
    const matching = new GradientMatching(engine, smooth, { parameters, masks: {} }, 1);
    const distance = (x: Float32Array) => matching.distance("cosine", matching.target(gradients), x, [1]);
    const one = await attack.generate(gradients, { iterations: 20 });
    assert(
      await distance(found) < await distance(one),
      "the first of these four restarts is not the best: a change of the draws asks for another seed",
    );
  });

  test("begins where it is told, and stays where the gradients are the same", async () => {
    const { attack, gradients, images } = await recover(1, { iterations: 1 });
    const stays = await attack.generate(gradients, {
      starts: images,
      iterations: 3,
      totalVariation: 0,
      signed: false,
      lr: 1e-6,
    });
    assert(relativeL2(images, stays) < 1e-4);
  });

  test("from LeNet-5, with ReLU and max-pool, brings the digit back, though not pixel by pixel", async () => {
    const { attack, engine } = await leakageAttack(lenet5()), digits = new Dataset(drawnDigits(3), { size: [32, 32] });
    const images = await pixels(engine, digits, [0, 1, 2]), shape = { channels: 1, height: 32, width: 32 };
    for (let i = 0; i < 2; i++) {
      const image = images.slice(1024 * i, 1024 * (i + 1)), other = images.slice(1024 * (i + 1), 1024 * (i + 2));
      const gradients = await attack.gradients(image, [digits.source.labels[i]!]);
      const found = await attack.generate(gradients, { iterations: 300 });
      const like = ssim(image, found, shape), unlike = ssim(other, found, shape);
      // Between 0.35 and 0.5 at this writing; an exact image would have 1.
      assert(like > 0.3 && like > unlike + 0.15, `image ${i}: ${like}, and to another image ${unlike}`);
    }
  });

  test("says so where the network overflows, and gives no images", async () => {
    const { engine, parameters } = await leakageAttack(smooth),
      gradients = await (await leakageAttack(smooth)).attack.gradients(blobs(1), [1]);
    const huge = { ...parameters, "fc2.weight": parameters["fc2.weight"]!.map((value) => value * 3e38) };
    const attack = new GradientLeakageAttack({ engine, network: smooth, parameters: huge });
    await assertRejects(() => attack.generate(gradients, { iterations: 2 }), RangeError, "too large to follow");
  });

  test("refuses what does not fit, by name", async () => {
    const { attack, gradients } = await recover(1, { iterations: 1 });
    const refused = (options: GradientLeakageOptions, text: string, given: ParameterValues = gradients) =>
      assertRejects(() => attack.generate(given, options), RangeError, text);
    await refused({ distance: "manhattan" as "cosine" }, 'distance is "manhattan"');
    await refused({ iterations: 0 }, "iterations is 0");
    await refused({ restarts: 65 }, "restarts is 65");
    await refused({ starts: new Float32Array(64), restarts: 2 }, "restarts is 2");
    await refused({ starts: new Float32Array(63) }, "starts has 63 values");
    await refused({ starts: new Float32Array(64).fill(NaN) }, "starts[0] is NaN");
    await refused({ lr: 0 }, "lr is 0");
    await refused({ totalVariation: -1 }, "totalVariation is -1");
    await refused({ images: 0.5 }, "images is 0.5");
    await refused({ images: 2, labels: [1] }, "labels has 1 values");
    await refused({ labels: [5] }, "labels[0] is 5");
    await refused({}, "gradients lacks conv1.weight", {});
    await refused({}, "gradients: fc2.bias has 4 values; it must have 5", {
      ...gradients,
      "fc2.bias": new Float32Array(4),
    });
    await refused({}, "gradients: fc2.bias[1] is NaN", {
      ...gradients,
      "fc2.bias": Float32Array.of(0, NaN, 0, 0, 0),
    });
    const nothing = Object.fromEntries(
      smooth.parameters.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
    );
    await refused({}, "all gradients are 0", nothing);
    await assertRejects(() => attack.gradients(new Float32Array(65), [1]), RangeError, "images has 65 values");
    const engine = await openEngine(EXACT), parameters = await valuesOf(engine, smooth);
    const made = (options: object) => () =>
      new GradientLeakageAttack({ engine, network: smooth, parameters, ...options });
    assertThrows(made({ inputBound: [1, 0] }), RangeError, "inputBound is [1,0]");
    assertThrows(made({ parameters: {} }), RangeError, "parameters lacks conv1.weight");
    assertThrows(
      made({ parameters: { ...parameters, "fc2.bias": new Float32Array(1) } }),
      RangeError,
      "parameters: fc2.bias has 1",
    );
    const nan = { ...parameters, "fc2.bias": new Float32Array(5).fill(NaN) };
    assertThrows(made({ parameters: nan }), RangeError, "parameters: fc2.bias[0] is NaN");
    assertThrows(made({ masks: { "fc2.bias": new Uint8Array(1) } }), RangeError, "masks: fc2.bias has 1");
    assertThrows(made({ masks: { fc9: new Uint8Array(1) } }), RangeError, "masks has fc9");
  });
});
