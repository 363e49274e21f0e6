/** Attacks on a GPU against the wasm engine's. */
import {
  adam,
  conv2d,
  dense,
  flatten,
  ImageInversionAttack,
  lenet5,
  type Network,
  openEngine,
  type Program,
  Random,
  relu,
  residual,
  sequential,
  sigmoid,
  sliceNetwork,
} from "../../mod.ts";
import { assertNear } from "./near.ts";
import { type Case, engineOf } from "./case.ts";

const LENET = sliceNetwork(lenet5(), "relu3");
const RESIDUAL = sequential([1, 32, 32], [
  conv2d({ channels: 3, kernel: 2, stride: 3 }),
  relu(),
  residual([conv2d({ channels: 4, kernel: 1 }), relu(), conv2d({ channels: 3, kernel: 1 })]),
]);

function inversionCase(method: "sign" | "adam", what: string, network: Network): Case {
  const run = async (gpu: GPU) => {
    const engine = await engineOf(gpu);
    const wasm = await openEngine({ engine: "wasm", threads: 1 }), random = new Random(5, 0);
    const parameters = await wasm.program(network, { batchSize: 1 }).parameters.values();
    const images = Float32Array.from({ length: 3 * 1024 }, () => random.uniform());
    const results = [];
    for (const one of [engine, wasm]) {
      const attack = new ImageInversionAttack({ engine: one, network, parameters });
      const losses: number[] = [], features = await attack.features(images);
      const onLosses = (values: Float32Array) => losses.push(...values);
      const inverted = await attack.generate(features, { method, iterations: 5, onLosses });
      results.push({ features, inverted, losses: Float32Array.from(losses) });
    }
    const [actual, expected] = results as [typeof results[0], typeof results[0]];
    assertNear(actual!.features, expected!.features, 1e-5, "the features");
    assertNear(actual!.losses, expected!.losses, 1e-4, "the losses");
    // Where a gradient is about 0 its sign is rounding's: few pixels may move the other way.
    const far = actual!.inverted.filter((value, i) => Math.abs(value - expected!.inverted[i]!) > 1e-3).length;
    if (far > images.length / 200) throw new Error(`${far} of ${images.length} pixels differ`);
  };
  return { name: `the inversion attack on ${what} by ${method}: five iterations, as on the wasm engine`, run };
}

async function regress(gpu: GPU): Promise<void> {
  const engine = await engineOf(gpu);
  const wasm = await openEngine({ engine: "wasm", threads: 1 }), random = new Random(6, 0);
  const decoder = sequential([1, 1, 30], [
    flatten(),
    dense({ outputs: 40 }),
    relu(),
    dense({ outputs: 70 }),
    sigmoid(),
  ]);
  const [actual, expected] = [engine, wasm].map((one) =>
    one.program(decoder, { batchSize: 21, gradients: "parameters" })
  ) as [Program, Program];
  for (let step = 0; step < 5; step++) {
    const count = step === 4 ? 10 : 21;
    const input = Float32Array.from({ length: count * 30 }, () => random.uniform());
    const targets = Float32Array.from({ length: count * 70 }, () => random.uniform());
    for (const program of [actual, expected]) {
      program.setInput(input);
      program.regressStep(targets, adam());
    }
    assertNear(Float32Array.of(await actual.loss()), Float32Array.of(await expected.loss()), 1e-5, "the loss");
  }
  const values = [await actual.parameters.values(), await expected.parameters.values()];
  for (const name of Object.keys(values[0]!)) assertNear(values[0]![name]!, values[1]![name]!, 1e-3, name);
}

/** The cases. */
export const attackCases: readonly Case[] = [
  inversionCase("sign", "LeNet-5", LENET),
  inversionCase("adam", "LeNet-5", LENET),
  inversionCase("adam", "a residual", RESIDUAL),
  { name: "regression by Adam: five steps of a decoder, as on the wasm engine", run: regress },
];
