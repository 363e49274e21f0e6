/**
 * What a program computes of any number of inputs.
 *
 * @module
 */
import { finiteRows } from "../checks/numbers.ts";
import type { Program } from "../engine/engine.ts";
import { sizeOf } from "../nn/mod.ts";

/**
 * The outputs `[count][output size]` of inputs `[count][input size]`, a batch at a time.
 *
 * @param what the outputs are called
 * @throws {RangeError} (as a rejection) if an output is not finite: the network's values are too large, and what
 * follows from it would be no figure.
 */
export async function outputsOf(program: Program, inputs: Float32Array, what: string): Promise<Float32Array> {
  const { network, batchSize } = program, size = sizeOf(network.inputShape), outputs = sizeOf(network.outputShape);
  const all = new Float32Array(inputs.length / size * outputs);
  for (let first = 0; first * size < inputs.length; first += batchSize) {
    program.setInput(inputs.subarray(first * size, (first + batchSize) * size));
    program.forward();
    all.set(await program.output(), first * outputs);
  }
  finiteRows(what, all, outputs, "image", "output");
  return all;
}
