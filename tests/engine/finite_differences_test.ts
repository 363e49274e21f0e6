/** The gradients of the reference engine in float64, against finite differences. */
import { describe, test } from "node:test";
import fc from "fast-check";
import { type BatchSource, type Network, openEngine, type Program, Random } from "../../mod.ts";
import { assert } from "#std/assert";
import {
  BYTE,
  CASE,
  type Drawn,
  drawParameters,
  drawSource,
  first,
  lossOf,
  networkOf,
  setParameters,
} from "../support/any_network.ts";

/**
 * The derivative from five equidistant values by Richardson's extrapolation; undefined where the function has a kink
 * among them (a ReLU at 0, equal maxima). Then the difference quotients over one and two steps disagree (an odd kink),
 * or the second differences do not shrink with the step (an even one).
 */
function slope([a, b, c, d, e]: readonly [number, number, number, number, number], step: number): number | undefined {
  const near = (d - b) / (2 * step), far = (e - a) / (4 * step);
  const bend = (b - 2 * c + d) / step, farBend = (a - 2 * c + e) / (2 * step);
  if (Math.abs(near - far) > KINK || Math.abs(farBend - 2 * bend) > KINK) return undefined;
  return (4 * near - far) / 3;
}
const KINK = 2e-6, STEP = BYTE;
const SHIFTS = [-2, -1, 0, 1, 2] as const;
/** Coordinates looked at in each parameter and in the input. */
const LOOKS = 5;
const counts = { compared: 0, kinks: 0 };

function compare(what: string, computed: number, values: readonly number[], network: Network): void {
  const expected = slope(values as [number, number, number, number, number], STEP);
  if (expected === undefined) {
    counts.kinks++;
    return;
  }
  counts.compared++;
  const error = Math.abs(computed - expected);
  const layers = network.layers.map(({ name }) => name).join(", ");
  assert(
    error <= KINK + 1e-6 * Math.abs(expected),
    `${what} of ${layers}: ${computed}, but ${expected} by differences`,
  );
}

async function checkParameters(program: Program, { values, masks }: Drawn, seed: number): Promise<void> {
  const random = new Random(seed, 3);
  for (const name of Object.keys(values)) {
    program.gradients(0);
    const gradient = await program.parameters.gradient(name);
    for (let look = 0; look < LOOKS; look++) {
      const at = random.integer(gradient.length);
      // A suppressed weight needs no gradient.
      if (masks[name]?.[at] === 0) continue;
      const losses: number[] = [];
      for (const shift of SHIFTS) {
        const moved = values[name]!.slice();
        moved[at]! += shift * STEP;
        program.parameters.setValues({ [name]: moved });
        losses.push(await lossOf(program));
      }
      program.parameters.setValues({ [name]: values[name]! });
      compare(`d${name}[${at}]`, gradient[at]!, losses, program.network);
    }
  }
}

async function checkInput(program: Program, data: BatchSource, images: number, seed: number): Promise<void> {
  const random = new Random(seed, 4);
  program.load(data, first(images));
  program.gradients(0);
  const gradient = await program.inputGradient();
  for (let look = 0; look < LOOKS; look++) {
    const at = random.integer(gradient.length);
    const losses: number[] = [];
    for (const shift of SHIFTS) {
      // A pixel moves by whole bytes, each one step.
      const moved = data.source.images.slice();
      moved[at]! += shift;
      program.load({ ...data, source: { ...data.source, images: moved } }, first(images));
      losses.push(await lossOf(program));
    }
    compare(`dInput[${at}]`, gradient[at]!, losses, program.network);
  }
}

describe("the reference engine's gradients", () => {
  test("are what finite differences say, of every layer, with either form of labels", async () => {
    const engine = await openEngine({ engine: "reference", build: "float64" });
    await fc.assert(
      fc.asyncProperty(CASE, async (one) => {
        const network = networkOf(one);
        const program = engine.program(network, { batchSize: one.images + one.missing, gradients: "both" });
        const drawn = drawParameters(network, one.seed, one.density, 2 ** -10);
        setParameters(program, drawn);
        const data = drawSource(network, one.images, one.labels, STEP, one.seed);
        program.load(data, first(one.images));
        await checkParameters(program, drawn, one.seed);
        await checkInput(program, data, one.images, one.seed);
      }),
      { numRuns: 100 },
    );
    assert(counts.compared > 1000 && counts.kinks < counts.compared / 20, `too many kinks: ${JSON.stringify(counts)}`);
  });
});
