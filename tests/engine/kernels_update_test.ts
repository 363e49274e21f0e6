import fc from "fast-check";
import { describe, test } from "node:test";
import { update } from "../../src/engine/cpu/reference/update.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertEquals } from "#std/assert";
import { compareKernel, everyKernelRan, input, ROUNDOFF, updated } from "../support/kernel_harness.ts";
import { BATCH, draw, drawMask, holds, whole } from "../support/kernel_values.ts";

const CASES = {
  style: BATCH.style,
  seed: BATCH.seed,
  count: whole(1, 70),
  word: whole(0, 3),
  masked: fc.boolean(),
  pulled: fc.boolean(),
};

const RATE = Math.fround(0.05);
const MOMENTUM = Math.fround(0.9);

describe("the optimizers on every engine", () => {
  test("gradient descent agrees with its definition, with and without mask and pull, and masked weights are +0", () =>
    holds(CASES, ({ style, seed, count, word, masked, pulled }) => {
      const random = new Random(seed);
      const w = draw(random, count, style);
      const g = draw(random, count, style);
      const mask = drawMask(random, count);
      const pull = draw(random, count, style).map((value) => value * 20);
      const allowed = w.map((value, i) =>
        6 * ROUNDOFF * (Math.abs(value) + RATE * (Math.abs(g[i]!) + Math.abs(pull[i]!)))
      );
      // The kernels take the pull in a step of its own; without one, every operation is the same.
      const weight = updated(w, pulled ? allowed : "equal", 4 * word);
      const runs = compareKernel("sgd", [
        weight,
        input(g, 4 * word),
        masked ? input(mask, 4 * word) : 0,
        pulled ? input(pull, 4 * word) : 0,
        count,
        RATE,
      ]);
      for (const run of runs) {
        const after = run.after(weight);
        if (masked) {
          assert(after.every((value, i) => mask[i] !== 0 || Object.is(value, 0)), "a masked weight is not +0");
        }
      }
    }, 80));

  test("momentum agrees with its definition, with and without mask and pull, and masked weights and velocities are 0", () =>
    holds(CASES, ({ style, seed, count, word, masked, pulled }) => {
      const random = new Random(seed);
      const w = draw(random, count, style);
      const g = draw(random, count, style);
      const v = draw(random, count, style);
      const mask = drawMask(random, count);
      const pull = draw(random, count, style).map((value) => value * 20);
      const moved = v.map((value, i) => Math.abs(value) + Math.abs(g[i]!));
      const allowed = w.map((value, i) => 8 * ROUNDOFF * (Math.abs(value) + RATE * (moved[i]! + Math.abs(pull[i]!))));
      const weight = updated(w, pulled ? allowed : "equal", 4 * word), velocity = updated(v, "equal", 4 * word);
      const runs = compareKernel("momentum", [
        weight,
        input(g, 4 * word),
        velocity,
        masked ? input(mask, 4 * word) : 0,
        pulled ? input(pull, 4 * word) : 0,
        count,
        RATE,
        MOMENTUM,
      ]);
      for (const run of runs) {
        if (!masked) continue;
        assert(
          run.after(weight).every((value, i) => mask[i] !== 0 || Object.is(value, 0)),
          "a masked weight is not +0",
        );
        assert(run.after(velocity).every((value, i) => mask[i] !== 0 || value === 0), "a masked velocity is not 0");
      }
    }, 80));

  test("a mask sets what it suppresses to +0, whatever it was, and leaves the rest", () =>
    holds({ ...CASES, count: fc.oneof(CASES.count, whole(4090, 8200)) }, ({ style, seed, count, word }) => {
      const random = new Random(seed), mask = drawMask(random, count), odd = [NaN, Infinity, -Infinity, -0, -3e38];
      const values = draw(random, count, style);
      const w = values.map((value, i) => mask[i] === 0 && random.integer(2) ? odd[random.integer(5)]! : value);
      const weight = updated(w, "equal", 4 * word);
      for (const { after } of compareKernel("applyMask", [weight, input(mask, 4 * word), count])) {
        assert(after(weight).every((value, i) => Object.is(value, mask[i] === 0 ? 0 : values[i])));
      }
    }));

  test("the scaled sum is that of its definition to the last bit, in place too", () =>
    holds(CASES, ({ style, seed, count, word, masked: inPlace }) => {
      const random = new Random(seed);
      const a = draw(random, count, style), b = draw(random, count, style);
      const first = inPlace ? updated(a, "equal", 4 * word) : input(a, 4 * word);
      const out = inPlace ? first : updated(new Float32Array(count).fill(NaN), "equal", 4 * word);
      compareKernel("scaledSum", [first, input(b, 4 * word), out, count, RATE]);
    }));

  test("a masked weight becomes +0 from any weight, whatever the gradient and the pull", () => {
    const w = Float32Array.of(-0, -1, 1e-38, 3e38, -3e38, 0.1, -0.1);
    const g = Float32Array.of(1, -0, 3e38, -3e38, 0, NaN, Infinity);
    const pull = Float32Array.of(-1, -20, 2e-37, 3e38, 0, -2, 5);
    const mask = new Int32Array(7);
    const weight = updated(w);
    const velocity = updated(w.slice());
    const runs = [
      ...compareKernel("sgd", [weight, input(g), input(mask), input(pull), 7, RATE]),
      ...compareKernel("momentum", [weight, input(g), velocity, input(mask), input(pull), 7, RATE, MOMENTUM]),
    ];
    for (const run of runs) assert(run.after(weight).every((value) => Object.is(value, 0)), `${run.after(weight)}`);
  });

  test("one step of each gives the numbers worked out by hand", () => {
    const weight = updated(Float32Array.of(1, 2, 3));
    const gradient = input(Float32Array.of(4, 8, -8));
    const mask = input(Int32Array.of(-1, 0, -1));
    const pull = input(Float32Array.of(2, 4, 0));
    for (const run of compareKernel("sgd", [weight, gradient, mask, pull, 3, 0.25])) {
      assertEquals(run.after(weight), [-0.5, 0, 5]);
    }
    const velocity = updated(Float32Array.of(2, 2, 2));
    for (const run of compareKernel("momentum", [weight, gradient, velocity, mask, 0, 3, 0.25, 0.5])) {
      assertEquals(run.after(velocity), [5, 0, -7]);
      assertEquals(run.after(weight), [-0.25, 0, 4.75]);
    }
  });

  test("a step of Adam is that of its definition to the last bit, at its first and its later steps", () =>
    holds({ ...BATCH, vectors: whole(1, 30), t: whole(1, 50) }, ({ style, seed, vectors, t }) => {
      const random = new Random(seed);
      const count = 4 * vectors;
      const x = draw(random, count, style);
      const dx = draw(random, count, style);
      const m = t === 1 ? new Float32Array(count) : draw(random, count, style);
      const v = t === 1 ? new Float32Array(count) : draw(random, count, style).map(Math.abs);
      const [rate, beta1, beta2, epsilon] = [0.03, 0.9, 0.999, 1e-8].map(Math.fround) as [
        number,
        number,
        number,
        number,
      ];
      const [scale1, scale2] = [Math.fround(1 / (1 - beta1 ** t)), Math.fround(1 / (1 - beta2 ** t))];
      compareKernel("adamStep", [
        updated(x),
        input(dx),
        updated(m),
        updated(v),
        count,
        rate,
        beta1,
        beta2,
        epsilon,
        scale1,
        scale2,
        -1,
        1,
      ]);
    }));

  test("a step of Adam without gradient and history stays put, and the first step is the rate long", () => {
    const x = updated(Float32Array.of(0.5, 0.5, 0.5, 2), 1e-6);
    const dx = input(Float32Array.of(0, 4, -1e-3, 0));
    const zeros = () => updated(new Float32Array(4), 1e-7);
    const args = [x, dx, zeros(), zeros(), 4, 0.125, 0.5, 0.75, 1e-8, 2, 4, 0, 1] as const;
    for (const { after } of compareKernel("adamStep", [...args])) {
      assertEquals(after(x).map((value) => Math.round(value * 1e4) / 1e4), [0.5, 0.375, 0.625, 1]);
    }
  });
});

everyKernelRan(update);
