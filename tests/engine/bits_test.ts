/**
 * The same seed gives the same bits: a suppressed training, of which each runtime must give the same weights and masks.
 */
import { assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import {
  Dataset,
  drawnDigits,
  type Engine,
  lenet5,
  lenet5MaskLayers,
  openEngine,
  sgd,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { bestBuild } from "../../src/engine/cpu/wasm/module.ts";
import { fuses } from "../support/fuses.ts";
import { noThreads } from "../support/here.ts";
import { sha256 } from "../support/sha256.ts";

/**
 * SHA-256 over the masks, a byte for each weight, and the weights, little-endian, in the order of the network's
 * parameters.
 */
const EXPECTED = {
  /** Multiplied, rounded, added, rounded. */
  rounded: "ccbb62d074f1172a221b7051e3be078f40edb66b433fe02dad12f8e77b1dbc8b",
  /** Multiplied and added, rounded once. */
  fused: "1cdeb8776e27ed9714644cb216d335c1a06485a0d5bf3bde7b25d990bf791f33",
};

const digits = new Dataset(drawnDigits(1280, { seed: 7 }), { size: [32, 32], seed: 7 });

/** Weights and masks after 400 suppressed steps from seed 7, as a hash. */
async function trained(engine: Engine): Promise<string> {
  const network = lenet5({ seed: 7 }), epochs = 10;
  const control = SuppressPrivacyFactory.create(network, lenet5MaskLayers(), {
    startEpoch: 3,
    endEpoch: epochs,
    batchNum: digits.batches(32),
    maskTimes: 24,
    lr: 0.05,
    sparseEnd: 0.95,
  });
  const model = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.05 }) });
  model.linkSuppressCtrl(control);
  await model.train(epochs, digits, { callbacks: [new SuppressMasker(control)] });
  assertEquals(model.steps, 400);
  const values = await model.parameters(), masks = await model.masks();
  const parts = network.parameters.flatMap((
    { name },
  ) => [Uint8Array.from(masks[name] ?? []), littleEndian(values[name]!)]);
  return await sha256(parts);
}

function littleEndian(values: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

describe("400 suppressed steps", () => {
  for (const threads of [1, 2]) {
    const skip = threads > 1 && noThreads;
    test(`give the same bits in every runtime, on ${threads} threads (simd128)`, { skip }, async () => {
      const engine = await openEngine({ build: "simd128", threads });
      assertEquals(await fuses(engine), false);
      assertEquals(await trained(engine), EXPECTED.rounded);
    });

    test(`give the same bits wherever multiply-add is fused, on ${threads} threads (relaxed)`, {
      skip: bestBuild === "relaxed" ? skip : "this runtime has no relaxed SIMD",
    }, async () => {
      const engine = await openEngine({ build: "relaxed", threads });
      assertEquals(await trained(engine), await fuses(engine) ? EXPECTED.fused : EXPECTED.rounded);
    });
  }
});
