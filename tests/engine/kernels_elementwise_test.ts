import { describe, test } from "node:test";
import { elementwise } from "../../src/engine/cpu/reference/elementwise.ts";
import { ReferenceMemory } from "../../src/engine/cpu/reference/memory.ts";
import { referenceMachine } from "../../src/engine/cpu/reference/machine.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertEquals } from "#std/assert";
import {
  compareKernel,
  everyKernelRan,
  input,
  MACHINES,
  output,
  ROUNDOFF,
  updated,
} from "../support/kernel_harness.ts";
import { BATCH, draw, holds, whole } from "../support/kernel_values.ts";

const CASES = { style: BATCH.style, seed: BATCH.seed, vectors: whole(1, 40) };
/** As many elements as make several shares. */
const MANY = { ...CASES, vectors: whole(1, 600) };

describe("the rectifier on every engine", () => {
  test("forward is exact, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors }) => {
      const x = draw(new Random(seed), 4 * vectors, style);
      compareKernel("reluForward", [input(x), output(x.length, "equal"), x.length]);
      const both = updated(x);
      compareKernel("reluForward", [both, both, x.length]);
    }));

  test("the gradient passes where the output is positive, into another tensor and in place", () =>
    holds(CASES, ({ style, seed, vectors }) => {
      const random = new Random(seed);
      const y = input(draw(random, 4 * vectors, style));
      const dy = draw(random, 4 * vectors, style);
      compareKernel("reluGradient", [y, input(dy), output(dy.length, "equal"), dy.length]);
      const both = updated(dy);
      compareKernel("reluGradient", [y, both, both, dy.length]);
    }));

  test("zeros of either sign and the smallest numbers come out right", () => {
    const x = Float32Array.of(0, -0, 2 ** -149, -(2 ** -149));
    const y = output(4, "equal");
    for (const run of compareKernel("reluForward", [input(x), y, 4])) {
      assertEquals(run.after(y).map((value) => value + 0), [0, 0, 2 ** -149, 0]);
    }
    const dx = output(4, "equal");
    for (const run of compareKernel("reluGradient", [input(x), input(Float32Array.of(1, 2, 3, 4)), dx, 4])) {
      assertEquals(run.after(dx), [0, 0, 3, 0]);
    }
  });
});

describe("the logistic function on every engine", () => {
  test("forward agrees with its definition to the last rounding, into another tensor and in place", () =>
    holds(MANY, ({ style, seed, vectors }) => {
      const x = draw(new Random(seed), 4 * vectors, style).map((value) => 8 * value);
      const allowed = Array.from(x, (value) => 2 * ROUNDOFF / (1 + Math.exp(-value)));
      compareKernel("sigmoidForward", [input(x), output(x.length, allowed), x.length]);
      const both = updated(x, allowed);
      compareKernel("sigmoidForward", [both, both, x.length]);
    }));

  test("the gradient agrees with its definition, into another tensor and in place", () =>
    holds(MANY, ({ style, seed, vectors }) => {
      const random = new Random(seed);
      const values = Float32Array.from({ length: 4 * vectors }, () => random.uniform());
      const dy = draw(random, 4 * vectors, style);
      const allowed = Array.from(dy, (slope, i) => 4 * ROUNDOFF * Math.abs(slope) * values[i]!);
      const y = input(values);
      compareKernel("sigmoidGradient", [y, input(dy), output(dy.length, allowed), dy.length]);
      const both = updated(dy, allowed);
      compareKernel("sigmoidGradient", [y, both, both, dy.length]);
    }));

  test("saturates without overflow", () => {
    const y = output(8, 1e-7);
    const x = Float32Array.of(0, -0, 200, -200, 3e38, -3e38, Infinity, -Infinity);
    for (const run of compareKernel("sigmoidForward", [input(x), y, 8])) {
      assertEquals(run.after(y), [0.5, 0.5, 1, 0, 1, 0, 1, 0].map((value, i) => i === 3 ? run.after(y)[3]! : value));
    }
  });
});

/** 64 values of x and gradients of y, and what PyTorch 1.13 makes of them in float64: `gelu(x)` and its gradient. */
const GELU = {
  x: Float32Array.from({ length: 64 }, (_, i) => ((i * 37) % 64 - 32) * 5 / 32 + (i % 3) / 64),
  dy: Float32Array.from({ length: 64 }, (_, i) => ((i * 23) % 64 - 31) / 16),
  y: [
    -1.433257859e-06,
    0.6273304281,
    -0.001121709448,
    2.321377778,
    -0.05854614329,
    3.937337903,
    -0.117915713,
    -1.42536368e-05,
    1.153057178,
    -0.004438485486,
    2.821504144,
    -0.1162778682,
    4.374973437,
    0.09766489208,
    -0.0001118288712,
    1.645136021,
    -0.01612099285,
    3.31096853,
    -0.1633600424,
    4.859372139,
    0.4883604854,
    -0.0005856960809,
    2.172737363,
    -0.0455002639,
    3.749668435,
    -0.147369557,
    -7.49704858e-06,
    0.9438709008,
    -0.002914784043,
    2.677826464,
    -0.09232050458,
    4.234326477,
    0.01601452867,
    -5.181900722e-05,
    1.487748231,
    -0.01137267695,
    3.122221796,
    -0.1514646903,
    4.718744401,
    0.3189261696,
    -0.0003513709405,
    2.022116088,
    -0.03139723477,
    3.608821077,
    -0.1640766777,
    -3.085740712e-06,
    0.7908427251,
    -0.001875331388,
    2.484475837,
    -0.07540132765,
    4.09366312,
    -0.06842468487,
    -2.843063025e-05,
    1.32927352,
    -0.006912847055,
    2.980134826,
    -0.1358535105,
    4.531236715,
    0.206256561,
    -0.0002065853553,
    1.818006822,
    -0.02317120787,
    3.46784312,
    -0.1697872935,
  ],
  dx: [
    1.384720788e-05,
    -0.5093314261,
    -0.003543381176,
    -1.706953729,
    0.01878729147,
    1.250792672,
    -0.3394150818,
    -8.013905545e-06,
    1.757642517,
    0.01294806964,
    0.4455243481,
    -0.2410802675,
    -0.6875795453,
    0.4768462197,
    0.0008122481288,
    -0.4176443019,
    -0.04121129523,
    -1.507519,
    0.004172254766,
    1.37501906,
    -1.134365959,
    -0.0005215102919,
    1.795206613,
    0.07457782594,
    0.5631940218,
    0.3241919054,
    1.956689263e-05,
    0.9650222783,
    0.01506760715,
    -0.2563414717,
    -0.1482195428,
    -1.375281114,
    0.03280786111,
    -0.0003262671065,
    -1.194218388,
    -0.01090069812,
    1.8280069,
    0.07503411204,
    0.6875181024,
    -1.589856514,
    0.0005695900223,
    1.078499822,
    0.1021953921,
    -0.1252477158,
    0.1020443816,
    1.862648225e-05,
    0.2008439385,
    -0.009778244359,
    -0.972760393,
    -0.057527766,
    1.938185235,
    -0.2352122178,
    -0.0001002512478,
    -1.975388538,
    0.005949039903,
    1.138993377,
    0.1723397886,
    0,
    1.081911059,
    0.0008944287149,
    0.3433055954,
    -0.09072120926,
    -0.8150300461,
    -0.007733638113,
  ],
};

describe("GELU on every engine", () => {
  // Half a unit in the last place, and the wasm engine's approximation of Phi.
  const bound = (exact: number) => 1.1 * ROUNDOFF * Math.abs(exact) + 2 ** -149;
  /** GELU, or with `dy` its gradient, by the reference in float64. */
  const exactly = (from: Float32Array, dy?: Float32Array): number[] => {
    const machine = referenceMachine("float64"), count = from.length;
    const place = (values: Float32Array) => {
      const pointer = machine.allocate(4 * count);
      machine.floats.set(values, pointer / 4);
      return pointer;
    };
    const out = machine.allocate(4 * count);
    if (dy) machine.kernels.geluGradient(place(from), place(dy), out, count);
    else machine.kernels.geluForward(place(from), out, count);
    return Array.from(machine.floats.subarray(out / 4, out / 4 + count));
  };

  test("is PyTorch's, and so is its gradient", () => {
    const { x, dy, y, dx } = GELU;
    for (const [exact, golden] of [[exactly(x), y], [exactly(x, dy), dx]] as const) {
      golden.forEach((value, i) => {
        assert(Math.abs(exact[i]! - value) <= 1e-9 * Math.abs(value), `element ${i}: ${exact[i]}, but ${value}`);
      });
    }
    const out = output(64, y.map((value) => 2 * bound(value)));
    for (const run of compareKernel("geluForward", [input(x), out, 64])) {
      y.forEach((value, i) => assert(Math.abs(run.after(out)[i]! - value) <= 2 * bound(value), `y of element ${i}`));
    }
    const allowed = slopeBounds(dy), back = output(64, allowed);
    for (const run of compareKernel("geluGradient", [input(x), input(dy), back, 64])) {
      dx.forEach((value, i) => assert(Math.abs(run.after(back)[i]! - value) <= allowed[i]!, `dx of element ${i}`));
    }
  });

  test("forward agrees with its definition to the last rounding, into another tensor and in place", () =>
    holds(MANY, ({ style, seed, vectors }) => {
      const x = draw(new Random(seed), 4 * vectors, style).map((value) => 6 * value);
      const exact = exactly(x), allowed = exact.map((value) => 2 * bound(value));
      compareKernel("geluForward", [input(x), output(x.length, allowed), x.length]);
      const both = updated(x, allowed);
      compareKernel("geluForward", [both, both, x.length]);
    }));

  test("the gradient agrees with its definition, into another tensor and in place", () =>
    holds(MANY, ({ style, seed, vectors }) => {
      const random = new Random(seed);
      const x = draw(random, 4 * vectors, style).map((value) => 6 * value), dy = draw(random, 4 * vectors, style);
      const allowed = slopeBounds(dy);
      compareKernel("geluGradient", [input(x), input(dy), output(dy.length, allowed), dy.length]);
      const both = updated(dy, allowed);
      compareKernel("geluGradient", [input(x), both, both, dy.length]);
    }));

  test("keeps 0, is 0 far below and x far above it", () => {
    const x = Float32Array.of(0, -0, 30, -30, 3e38, -3e38, 1, -1), y = output(8, 1e-7);
    for (const run of compareKernel("geluForward", [input(x), y, 8])) {
      const values = run.after(y).slice(0, 6).map((value) => value + 0);
      assertEquals(values, [0, 0, 30, 0, Math.fround(3e38), 0]);
    }
    const dx = output(8, 1e-7);
    for (const run of compareKernel("geluGradient", [input(x), input(new Float32Array(8).fill(1)), dx, 8])) {
      const values = run.after(dx).slice(0, 6).map((value) => value + 0);
      assert(values.slice(0, 2).every((slope) => Math.abs(slope - 0.5) <= 1e-8));
      assertEquals(values.slice(2), [1, 0, 1, 0]);
    }
  });

  test("NaN stays", () => {
    for (const [name, { kernels, floats, allocate }] of [["reference", referenceMachine()] as const, ...MACHINES]) {
      const x = allocate(16), dy = allocate(16);
      floats.set([NaN, 1, NaN, 1], x / 4);
      floats.set([1, NaN, 1, 1], dy / 4);
      kernels.geluGradient(x, dy, dy, 4);
      kernels.geluForward(x, x, 4);
      const isNan = (at: number) => Array.from(floats.subarray(at / 4, at / 4 + 4), Number.isNaN);
      assertEquals([isNan(x), isNan(dy)], [[true, false, true, false], [true, true, true, false]], name);
    }
  });

  test("the reference is exact on both sides of the place where its two series meet", () => {
    // Phi at -2 sqrt 2 is half of 1 - erf(2) = 0.004677734981047266.
    const memory = new ReferenceMemory("float64"), at = memory.allocate(64), count = 4;
    const below = 2 * Math.SQRT2, values = [-below, -below * (1 - 1e-13), -below * (1 + 1e-13), -1];
    memory.floats.set(values, at / 4);
    elementwise(memory).geluForward(at, at, count);
    const [phi0, phi1, phi2, phi3] = values.map((x, i) => memory.floats[at / 4 + i]! / x);
    for (const phi of [phi0, phi1, phi2]) assert(Math.abs(phi! / (0.004677734981047266 / 2) - 1) < 2e-12, `${phi}`);
    assert(Math.abs(phi3! - 0.15865525393145707) < 1e-16);
  });
});

/** How far gradients of GELU may be off: its slope is at most 1.13, of terms up to 1. */
function slopeBounds(dy: Float32Array): number[] {
  return Array.from(dy, (slope) => 2.5 * ROUNDOFF * Math.abs(slope));
}

everyKernelRan(elementwise);
