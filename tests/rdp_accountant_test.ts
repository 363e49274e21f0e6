import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { epsilonOf, noiseMultiplierFor } from "../src/privacy/mod.ts";
import { logErfc, sampledGaussianRdp } from "../src/privacy/sampled_gaussian.ts";

/** The orders of TensorFlow Privacy's tutorial. */
const TUTORIAL_ORDERS = [
  ...[1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4, 4.5],
  ...Array.from({ length: 59 }, (_, i) => 5 + i),
  ...[128, 256, 512],
];

/** Rényi divergence of the mixture from the noise by the trapezoid rule, independent of the formulas under test. */
function byQuadrature(q: number, sigma: number, order: number): number {
  const low = -14 * sigma, high = order + 14 * sigma, points = 40_000, step = (high - low) / points;
  let sum = 0;
  for (let i = 0; i <= points; i++) {
    const z = low + i * step, ratio = 1 - q + q * Math.exp((2 * z - 1) / (2 * sigma * sigma));
    sum += Math.exp(-z * z / (2 * sigma * sigma) + order * Math.log(ratio));
  }
  return Math.log(sum * step / (sigma * Math.sqrt(2 * Math.PI))) / (order - 1);
}

describe("the accountant of differential privacy", () => {
  const published: [source: string, options: Parameters<typeof epsilonOf>[0], epsilon: number][] = [
    // github.com/tensorflow/privacy, tutorials/README.md, with mnist_dpsgd_tutorial.py's batches of 256; and Bu, Dong, Long and Su, "Deep learning with Gaussian differential privacy", Harvard Data Science
    // Review 2020, figure 4. All on MNIST's 60,000 images with delta 1e-5.
    ...([
      ["TensorFlow Privacy's tutorial", 1.3, 15, 1.19],
      ["TensorFlow Privacy's tutorial", 1.1, 60, 3.01],
      ["TensorFlow Privacy's tutorial", 0.7, 45, 7.10],
      ["Bu et al. 2020", 1.3, 20, 1.34],
      ["Bu et al. 2020", 0.7, 70, 8.68],
    ] as const).map((
      [source, noiseMultiplier, epochs, epsilon],
    ): [string, Parameters<typeof epsilonOf>[0], number] => [
      `${source}, noise ${noiseMultiplier}, ${epochs} epochs`,
      {
        samplingRate: 256 / 60_000,
        noiseMultiplier,
        steps: Math.floor(epochs * 60_000 / 256),
        delta: 1e-5,
        orders: TUTORIAL_ORDERS,
        conversion: "classical",
      },
      epsilon,
    ]),
    [
      "Abadi et al. 2016, section 3.1: q 0.01, sigma 4, 10,000 steps, by the moments accountant over integer orders to 32",
      {
        samplingRate: 0.01,
        noiseMultiplier: 4,
        steps: 10_000,
        delta: 1e-5,
        orders: Array.from({ length: 32 }, (_, i) => i + 2),
        conversion: "classical",
      },
      1.26,
    ],
  ];
  for (const [source, options, epsilon] of published) {
    test(`gives the published epsilon of ${source}, within 1 %`, () => {
      const found = epsilonOf(options).epsilon;
      assert(Math.abs(found / epsilon - 1) < 0.01, `${found}, but ${epsilon} was published`);
    });
  }

  test("knows the Rényi divergence of a step, as numerical integration gives it", () => {
    for (const [q, sigma] of [[0.01, 1], [0.1, 0.8], [0.004, 0.7], [0.3, 2], [0.9, 1.5]] as const) {
      for (const order of [1.1, 1.5, 2, 2.7, 3, 8, 10.9, 16]) {
        const expected = byQuadrature(q, sigma, order), found = sampledGaussianRdp(q, sigma, order);
        assertAlmostEquals(found, expected, 1e-6 * Math.max(1, expected), `q ${q}, sigma ${sigma}, order ${order}`);
      }
    }
  });

  test("has the same divergence just beside an integer order as at it", () => {
    for (const order of [2, 5, 12]) {
      for (const beside of [order - 1e-7, order + 1e-7]) {
        const divergence = sampledGaussianRdp(0.02, 1.1, order);
        assertAlmostEquals(sampledGaussianRdp(0.02, 1.1, beside), divergence, 1e-5 * divergence);
      }
    }
  });

  test("knows the ends: nobody sampled spends nothing, everybody the Gaussian mechanism's", () => {
    assertEquals(sampledGaussianRdp(0, 1, 5), 0);
    assertEquals(sampledGaussianRdp(1, 2, 5), 5 / 8);
    for (const [x, erfc] of [[-3, 1.9999779095030015], [0, 1], [0.5, 0.4795001221869535], [2, 0.004677734981047266]]) {
      assertAlmostEquals(Math.exp(logErfc(x!)), erfc!, 1e-12);
    }
    // erfc(30) is too small for a float64; its asymptotic series is not.
    assertAlmostEquals(logErfc(30), -900 - Math.log(30 * Math.sqrt(Math.PI)) + Math.log1p(-1 / 1800), 1e-6);
  });

  test("spends more with more steps, a higher rate and less noise, and less by the improved conversion", () => {
    const run = { samplingRate: 0.01, noiseMultiplier: 1, steps: 1000, delta: 1e-5 };
    const { epsilon } = epsilonOf(run);
    for (const more of [{ steps: 1100 }, { samplingRate: 0.011 }, { noiseMultiplier: 0.95 }, { delta: 1e-6 }]) {
      assert(epsilonOf({ ...run, ...more }).epsilon > epsilon, JSON.stringify(more));
    }
    assert(epsilonOf({ ...run, conversion: "classical" }).epsilon > epsilon);
    assertEquals([epsilonOf(run).atEdge, epsilonOf({ ...run, orders: [2, 3] }).atEdge], [false, true]);
  });

  test("finds the least noise for an epsilon", () => {
    for (const epsilon of [1, 8]) {
      const run = { samplingRate: 256 / 60_000, steps: 2340, delta: 1e-5 };
      const noiseMultiplier = noiseMultiplierFor({ ...run, epsilon });
      assertEquals(noiseMultiplier * 1024 % 1, 0);
      assert(epsilonOf({ ...run, noiseMultiplier }).epsilon <= epsilon);
      assert(epsilonOf({ ...run, noiseMultiplier: noiseMultiplier - 1 / 1024 }).epsilon > epsilon);
    }
  });

  test("refuses what cannot be, by name", () => {
    const run = { samplingRate: 0.01, noiseMultiplier: 1, steps: 10, delta: 1e-5 };
    const refused = (options: object, text: string) =>
      assertThrows(() => epsilonOf({ ...run, ...options }), RangeError, text);
    refused({ samplingRate: 1.1 }, "samplingRate is 1.1");
    refused({ noiseMultiplier: 0 }, "noiseMultiplier is 0");
    refused({ steps: 0.5 }, "steps is 0.5");
    refused({ delta: 1 }, "delta is 1");
    refused({ orders: [1] }, "orders is [1]");
    refused({ conversion: "best" }, "conversion is best");
    assertThrows(() => noiseMultiplierFor({ ...run, epsilon: 0 }), RangeError, "epsilon is 0");
    assertThrows(() => noiseMultiplierFor({ ...run, epsilon: 1e-9 }), RangeError, "it must be more");
  });
});
