import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import {
  composedEpsilonOf,
  epsilonOf,
  noiseMultiplierFor,
  RENYI_ORDERS,
  type SpendingOptions,
  type SpendingStretch,
} from "../../src/privacy/mod.ts";
import { logAdd, logAlternatingSum, logErfc } from "../../src/privacy/log_arithmetic.ts";
import { sampledGaussianRdp } from "../../src/privacy/sampled_gaussian.ts";

/** The orders of TensorFlow Privacy's tutorial. */
const TUTORIAL_ORDERS = [
  ...[1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4, 4.5],
  ...Array.from({ length: 59 }, (_, i) => 5 + i),
  ...[128, 256, 512],
];

/** A run over MNIST's 60,000 images in batches of 256, as the tutorial accounts for it. */
function mnist(noiseMultiplier: number, epochs: number): SpendingOptions {
  return {
    samplingRate: 256 / 60_000,
    noiseMultiplier,
    steps: Math.floor(epochs * 60_000 / 256),
    delta: 1e-5,
    orders: TUTORIAL_ORDERS,
    conversion: "classical",
  };
}

/** Rényi divergence of the mixture from the noise by the trapezoid rule, independent of the formulas under test. */
function byQuadrature(q: number, sigma: number, order: number): number {
  const low = -14 * sigma, high = order + 14 * sigma;
  // The integrand bends over a width of sigma, and of sigma^2 where the two densities meet.
  const points = Math.ceil((high - low) / (Math.min(sigma, sigma * sigma) / 8)), step = (high - low) / points;
  const logs = Array.from({ length: points + 1 }, (_, i) => {
    const z = low + i * step;
    // log of the noise's density around 1 over that around 0.
    const shift = (2 * z - 1) / (2 * sigma * sigma);
    const logRatio = shift > 0
      ? shift + Math.log(q + (1 - q) * Math.exp(-shift))
      : Math.log(1 - q + q * Math.exp(shift));
    return -z * z / (2 * sigma * sigma) + order * logRatio;
  });
  const most = logs.reduce((a, b) => Math.max(a, b));
  const sum = logs.reduce((total, log) => total + Math.exp(log - most), 0);
  return (most + Math.log(sum * step / (sigma * Math.sqrt(2 * Math.PI)))) / (order - 1);
}

describe("the accountant of differential privacy", () => {
  const published: readonly [source: string, options: SpendingOptions, epsilon: number][] = [
    // github.com/tensorflow/privacy, tutorials/README.md, its batches of 256 from mnist_dpsgd_tutorial.py.
    ["TensorFlow Privacy's tutorial: noise 1.3, 15 epochs", mnist(1.3, 15), 1.19],
    ["TensorFlow Privacy's tutorial: noise 1.1, 60 epochs", mnist(1.1, 60), 3.01],
    ["TensorFlow Privacy's tutorial: noise 0.7, 45 epochs", mnist(0.7, 45), 7.10],
    // "Deep learning with Gaussian differential privacy", Harvard Data Science Review 2020, figure 4.
    ["Bu, Dong, Long and Su 2020: noise 1.3, 20 epochs", mnist(1.3, 20), 1.34],
    ["Bu, Dong, Long and Su 2020: noise 0.7, 70 epochs", mnist(0.7, 70), 8.68],
    [
      "Abadi et al. 2016, section 3.1: q 0.01, sigma 4, 10,000 steps, by integer orders to 33",
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

  test("gives the epsilon that Opacus is tested for, by the improved conversion, to ten digits", () => {
    // github.com/pytorch/opacus, opacus/tests/accountants_test.py, test_rdp_accountant.
    const { epsilon } = epsilonOf({ samplingRate: 0.04, noiseMultiplier: 1.5, steps: 2250, delta: 1e-5 });
    assertAlmostEquals(epsilon, 7.32911117143, 1e-9);
  });

  test("gives the divergences that Google's dp_accounting was tested for, to their four digits", () => {
    // github.com/google/differential-privacy, rdp_privacy_accountant_test.py as of 2022, its test of
    // the Poisson-sampled Gaussian. (Later versions bound fractional orders from above: 6.706e-4 at 1.5.)
    const settings = [[1.5, 6.5007e-4], [2.5, 1.0854e-3], [5, 2.1808e-3], [50, 2.3846e-2], [100, 167.42]] as const;
    for (const [order, rdp] of settings) {
      assertAlmostEquals(50 * sampledGaussianRdp(0.01, 2.5, order), rdp, 1e-4 * rdp, `order ${order}`);
    }
  });

  test("knows the Rényi divergence of a step, as numerical integration gives it", () => {
    const settings = [[0.01, 1], [0.1, 0.8], [0.004, 0.7], [0.3, 2], [0.9, 1.5], [0.05, 0.3], [0.001, 0.2], [0.5, 9]];
    for (const [q, sigma] of settings) {
      for (const order of [1.01, 1.1, 1.5, 2, 2.7, 3, 8, 10.9, 16, 31.5]) {
        const expected = byQuadrature(q!, sigma!, order), found = sampledGaussianRdp(q!, sigma!, order);
        assertAlmostEquals(found, expected, 1e-10 * Math.max(1, expected), `q ${q}, sigma ${sigma}, order ${order}`);
      }
    }
  });

  test("has the same divergence just beside an integer order as at it", () => {
    for (const order of [2, 5, 12, 63]) {
      for (const beside of [order - 1e-9, order + 1e-9]) {
        const divergence = sampledGaussianRdp(0.02, 1.1, order);
        assertAlmostEquals(sampledGaussianRdp(0.02, 1.1, beside), divergence, 1e-7 * divergence);
      }
    }
  });

  test("knows the ends: nobody sampled spends nothing, everybody the Gaussian mechanism's", () => {
    assertEquals(sampledGaussianRdp(0, 1, 5), 0);
    assertEquals(sampledGaussianRdp(1, 2, 5), 5 / 8);
    const run = { noiseMultiplier: 1, steps: 1000, delta: 1e-5 };
    for (const conversion of ["classical", "improved"] as const) {
      const { epsilon, atEdge } = epsilonOf({ ...run, samplingRate: 0, conversion });
      assertEquals([epsilon, atEdge], [0, false]);
    }
    // By hand: order a costs a / 2 + log(1 / delta) / (a - 1) at sigma 1, least at a = 1 + sqrt(2 log(1 / delta)).
    const logDelta = Math.log(1e-5), orders = [1 + Math.sqrt(-2 * logDelta)];
    const { epsilon } = epsilonOf({ ...run, steps: 1, samplingRate: 1, orders, conversion: "classical" });
    assertAlmostEquals(epsilon, 0.5 + Math.sqrt(-2 * logDelta), 1e-12);
  });

  test("comes to an end, with a number, for the rarest samples, the least and greatest noise and odd orders", () => {
    const orders = [1 + 2 ** -52, 1.1, 2, 2 + 2 ** -51, 10.9, 300.5, 1024, 9999.5];
    for (const samplingRate of [5e-324, 1e-300, 1e-9, 0.5, 1 - 2 ** -53]) {
      for (const noiseMultiplier of [2 ** -20, 0.1, 1, 2 ** 20]) {
        for (const order of orders) {
          const rdp = sampledGaussianRdp(samplingRate, noiseMultiplier, order);
          const all = order / (2 * noiseMultiplier * noiseMultiplier);
          // Sampling only helps; below that, the moment's rounding.
          const rounding = 1e-12 * all + 1e-12 / (order - 1);
          assert(rdp >= 0 && rdp <= all + rounding, `${samplingRate} ${noiseMultiplier} ${order}: ${rdp}`);
        }
      }
    }
  });

  test("spends more with more steps, a higher rate and less noise, and less by the improved conversion", () => {
    const run = { samplingRate: 0.01, noiseMultiplier: 1, steps: 1000, delta: 1e-5 };
    const { epsilon } = epsilonOf(run);
    for (const more of [{ steps: 1100 }, { samplingRate: 0.011 }, { noiseMultiplier: 0.95 }, { delta: 1e-6 }]) {
      assert(epsilonOf({ ...run, ...more }).epsilon > epsilon, JSON.stringify(more));
    }
    assert(epsilonOf({ ...run, conversion: "classical" }).epsilon > epsilon);
  });

  test("never spends less with more steps, a higher rate, less noise or a smaller delta, whatever the run", () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const runs = fc.record({
      samplingRate: number(1e-4, 0.9),
      noiseMultiplier: number(0.2, 20),
      steps: fc.integer({ min: 1, max: 100_000 }),
      delta: number(1e-9, 1e-3),
    });
    fc.assert(
      fc.property(runs, number(1.01, 1.1), (run, factor) => {
        const { epsilon } = epsilonOf(run);
        const more = {
          steps: Math.ceil(run.steps * factor),
          samplingRate: run.samplingRate * factor,
          noiseMultiplier: run.noiseMultiplier / factor,
          delta: run.delta / factor,
        };
        for (const [name, value] of Object.entries(more)) {
          assert(epsilonOf({ ...run, [name]: value }).epsilon >= epsilon * (1 - 1e-12), name);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test("tells when the best order is the least or greatest, in whatever order they come", () => {
    const run = { samplingRate: 0.01, noiseMultiplier: 1, steps: 1000, delta: 1e-5 };
    const { order } = epsilonOf(run);
    const atEdge = (...orders: number[]) => epsilonOf({ ...run, orders }).atEdge;
    assert(RENYI_ORDERS.includes(order));
    assertEquals([epsilonOf(run).atEdge, atEdge(1.1, order, 60), atEdge(order, 1.1, 60)], [false, false, false]);
    assertEquals([atEdge(2, 3), atEdge(order, 60), atEdge(1.1, order), atEdge(order)], [true, true, true, true]);
  });

  test("finds the least noise for an epsilon", () => {
    for (const conversion of ["classical", "improved"] as const) {
      for (const epsilon of [0.3, 1, 8, 200]) {
        const run = { samplingRate: 256 / 60_000, steps: 2340, delta: 1e-5, conversion };
        const noiseMultiplier = noiseMultiplierFor({ ...run, epsilon });
        assertEquals(noiseMultiplier * 1024 % 1, 0);
        assert(epsilonOf({ ...run, noiseMultiplier }).epsilon <= epsilon);
        assert(epsilonOf({ ...run, noiseMultiplier: noiseMultiplier - 1 / 1024 }).epsilon > epsilon);
      }
    }
  });

  test("refuses what cannot be, by name", () => {
    const run = { samplingRate: 0.01, noiseMultiplier: 1, steps: 10, delta: 1e-5 };
    const refused = (options: object, text: string, type: ErrorConstructor = RangeError) => {
      assertThrows(() => epsilonOf({ ...run, ...options }), type, text);
      if (!("noiseMultiplier" in options)) {
        assertThrows(() => noiseMultiplierFor({ ...run, epsilon: 1, ...options }), type, text);
      }
    };
    refused({ samplingRate: 1.1 }, "samplingRate is 1.1; it must be a number from 0 to 1");
    refused({ samplingRate: NaN }, "samplingRate is NaN");
    refused({ samplingRate: "0.5" }, "samplingRate is of type string", TypeError);
    refused({ noiseMultiplier: 0 }, "noiseMultiplier is 0; it must be a number from 2^-20 to 2^20");
    refused({ noiseMultiplier: Infinity }, "noiseMultiplier is Infinity");
    refused({ noiseMultiplier: undefined }, "noiseMultiplier is of type undefined", TypeError);
    refused({ steps: 0.5 }, "steps is 0.5");
    refused({ steps: 2e9 }, "steps is 2000000000");
    refused({ delta: 0 }, "delta is 0");
    refused({ delta: 1 }, "delta is 1");
    refused({ orders: [] }, "orders is empty");
    refused({ orders: [2, 1] }, "orders[1] is 1; it must be a number above 1");
    refused({ orders: [1e9] }, "orders[0] is 1000000000");
    refused({ orders: new Array(3) }, "orders[0] is of type undefined", TypeError);
    refused({ orders: null }, "orders is not an array", TypeError);
    refused({ conversion: "best" }, "conversion is best");
    assertThrows(() => noiseMultiplierFor({ ...run, epsilon: 0 }), RangeError, "epsilon is 0");
    assertThrows(() => noiseMultiplierFor({ ...run, epsilon: Infinity }), RangeError, "epsilon is Infinity");
    assertThrows(() => noiseMultiplierFor({ ...run, epsilon: 1e-9 }), RangeError, "Allow more");
  });
});

describe("stretches of training together", () => {
  const slow = { samplingRate: 0.01, noiseMultiplier: 1.1, steps: 300 }, fast = { ...slow, noiseMultiplier: 0.8 };
  const delta = 1e-5, of = (stretches: SpendingStretch[]) => composedEpsilonOf(stretches, { delta }).epsilon;

  test("spend as one if they are alike, however they are cut", () => {
    const whole = epsilonOf({ ...slow, delta });
    for (const cuts of [[300], [1, 299], [100, 100, 100], Array<number>(300).fill(1)]) {
      assertEquals(composedEpsilonOf(cuts.map((steps) => ({ ...slow, steps })), { delta }), whole);
    }
  });

  test("add up their divergences, as computed by hand without sampling", () => {
    // At order a, s steps of deviation d diverge by s a / (2 d^2): 8 (3 / 8 + 5 / 32) = 4.25 at order 8.
    const stretches = [[2, 3], [4, 5]].map(([noiseMultiplier, steps]) => {
      return { samplingRate: 1, noiseMultiplier: noiseMultiplier!, steps: steps! };
    });
    const classical = { delta, orders: [8], conversion: "classical" } as const;
    assertAlmostEquals(composedEpsilonOf(stretches, classical).epsilon, 4.25 + Math.log(1e5) / 7, 1e-12);
    const improved = 4.25 + Math.log(7 / 8) - (Math.log(delta) + Math.log(8)) / 7;
    assertAlmostEquals(composedEpsilonOf(stretches, { delta, orders: [8] }).epsilon, improved, 1e-12);
  });

  test("spend the same in any order, more than each alone, less than if all were the louder, and less than the sum", () => {
    const both = of([slow, fast]);
    assertAlmostEquals(of([fast, slow]), both, 1e-12);
    assert(both > of([slow]) && both > of([fast]));
    assert(both < of([fast, fast]) && both > of([slow, slow]));
    assert(both < of([slow]) + of([fast]));
    assertEquals(of([slow, { ...fast, samplingRate: 0 }]), of([slow]));
  });

  test("spend nothing if there are none, or none that samples", () => {
    assertEquals([of([]), of([{ ...slow, samplingRate: 0 }])], [0, 0]);
  });

  test("are refused by the place of what is wrong", () => {
    const refused = (wrong: object, message: string) =>
      assertThrows(() => of([slow, { ...slow, ...wrong }]), RangeError, message);
    refused({ steps: 0 }, "stretches[1].steps is 0");
    refused({ samplingRate: 1.1 }, "stretches[1].samplingRate is 1.1");
    refused({ noiseMultiplier: 0 }, "stretches[1].noiseMultiplier is 0");
    assertThrows(() => composedEpsilonOf([], { delta: 1 }), RangeError, "delta is 1");
    assertThrows(() => composedEpsilonOf(slow as never, { delta }), TypeError, "stretches is not an array");
  });
});

describe("the arithmetic of logarithms", () => {
  test("adds numbers too large and too small for a float64", () => {
    assertAlmostEquals(logAdd(Math.log(3), Math.log(4)), Math.log(7), 1e-15);
    assertAlmostEquals(logAdd(5000, 5000), 5000 + Math.LN2, 1e-12);
    assertEquals([logAdd(-Infinity, 3), logAdd(3, -Infinity), logAdd(-Infinity, -Infinity)], [3, 3, -Infinity]);
  });

  test("knows erfc on both sides of 0 and far out", () => {
    // Computed with 40 digits.
    const known = [
      [-5.9, 0.69314718055994527],
      [-4, 0.69314717285131633],
      [-3, 0.69313613525044681],
      [-1, 0.61123231767807049],
      [0, 0],
      [0.5, -0.7350111298370844],
      [1, -1.8496055099332482],
      [2, -5.3649412646166376],
      [5, -27.200889545537434],
      [30, -903.97411711064388],
    ] as const;
    for (const [x, expected] of known) {
      assertAlmostEquals(logErfc(x), expected, 1e-14 * Math.max(1, Math.abs(expected)), `x ${x}`);
    }
    assertEquals([logErfc(-1e300), logErfc(1e300)], [Math.LN2, -Infinity]);
  });

  test("sums alternating series that fall as slowly as one over k", () => {
    assertAlmostEquals(logAlternatingSum((k) => -Math.log(k + 1)), Math.log(Math.LN2), 1e-14);
    assertAlmostEquals(logAlternatingSum((k) => 900 - Math.log(2 * k + 1)), 900 + Math.log(Math.PI / 4), 1e-12);
    assertAlmostEquals(logAlternatingSum((k) => -k), -Math.log1p(Math.exp(-1)), 1e-14);
  });
});
