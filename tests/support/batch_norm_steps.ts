/** Two steps of training of a network with batch normalisation, of which `torch/batch_norm.ts` has the numbers. */
import {
  batchNorm,
  conv2d,
  dense,
  type Engine,
  flatten,
  type Network,
  relu,
  sequential,
  sgd,
  sizeOf,
} from "../../mod.ts";

/** Numbers that float32 holds exactly, as the script for PyTorch had them. */
export function values(seed: number, count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => scale * ((37 * i + 101 * seed + 11) % 64 - 32) / 64);
}

/** Over places and over features, with the defaults and with options. */
export function normedNetwork(): Network {
  return sequential([2, 4, 4], [
    conv2d({ channels: 3, kernel: 2 }),
    batchNorm(),
    relu(),
    flatten(),
    dense({ outputs: 4 }),
    batchNorm({ momentum: 0.3, epsilon: 1e-3 }),
    dense({ outputs: 3 }),
  ]);
}

/** Its first parameters: the trained ones in their order, and running statistics as they begin. */
export function firstValues(network: Network): Record<string, Float32Array> {
  const trained = network.parameters.filter(({ trained = true }) => trained);
  return Object.fromEntries(trained.map(({ name, shape }, i) => [name, values(i + 1, sizeOf(shape))]));
}

/** All that the numbers of PyTorch are of, by the same names; in a program that has room for more images. */
export async function twoSteps(engine: Engine, batchSize = 5): Promise<Record<string, Float32Array>> {
  const network = normedNetwork(), results: Record<string, Float32Array> = {}, optimizer = sgd({ lr: 0.25 });
  const program = engine.program(network, { batchSize, gradients: "both" }), { parameters } = program;
  parameters.setValues(firstValues(network));
  const images = values(20, 5 * sizeOf(network.inputShape), 2);
  program.setInput(images, [0, 2, 1, 1, 0]);
  program.gradients();
  results["output"] = await program.output();
  results["loss"] = Float32Array.of(await program.loss());
  results["input gradient"] = await program.inputGradient();
  for (const { name, trained = true } of network.parameters) {
    if (trained) results[`gradient of ${name}`] = await parameters.gradient(name);
  }
  parameters.update(optimizer);
  program.setInput(values(21, images.length, 2), [1, 2, 0, 1, 2]);
  program.trainStep(optimizer);
  for (const [name, after] of Object.entries(await parameters.values())) results[`after two steps ${name}`] = after;
  program.setInput(images);
  program.forward();
  results["evaluation output"] = await program.output();
  return results;
}
