/**
 * What engine.why says of multiply and add holds for what the kernels compute, and goes on to hold when they are
 * compiled anew for speed.
 */
import { assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import { openEngine } from "../../mod.ts";
import { bestBuild } from "../../src/engine/cpu/wasm/module.ts";
import { isFused, relaxedMadd } from "../../src/engine/cpu/wasm/relaxed.ts";
import { fuses } from "../support/fuses.ts";

const skip = bestBuild === "relaxed" ? false : "this runtime has no relaxed SIMD";

describe("engine.why", () => {
  for (const options of [{}, { engine: "wasm" }, { build: "relaxed" }, { build: "simd128" }, { threads: 1 }] as const) {
    test(`says fused where it is, opened by ${JSON.stringify(options)}`, {
      skip: "build" in options && options.build === "relaxed" && skip,
    }, async () => {
      const engine = await openEngine(options);
      if (engine.name === "wasm") assertEquals(/\bfused\b/.test(engine.why), await fuses(engine), engine.why);
    });
  }
});

describe("the relaxed multiply-add", { skip }, () => {
  test("is the same one in every tier of the compiler", () => {
    const madd = relaxedMadd(), first = isFused(madd);
    // Enough for every runtime's last tier.
    for (let i = 0; i < 3_000_000; i++) if (isFused(madd) !== first) throw new Error(`it changed at call ${i}`);
  });

  test("is told apart: once or twice rounded", () => {
    assertEquals(isFused((a, b, c) => Math.fround(Math.fround(a * b) + c)), false);
    assertEquals(isFused((a, b, c) => Math.fround(a * b + c)), true);
  });
});
