/** Training of a network that has no parameters, on any engine. */
import { adam, type BatchSource, dpSgd, type Engine, flatten, momentum, sequential, sgd } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "./assert.ts";

const RULES = [
  sgd({ lr: 1 }),
  momentum({ lr: 1 }),
  adam({ lr: 1 }),
  dpSgd({ lr: 1, clip: 1, noiseMultiplier: 1, batchSize: 1 }),
];

/** A new data set of one image, of four pixels like the given one. */
function dataSet(pixel: number): BatchSource {
  const images = new Uint8Array(4).fill(pixel), labels = new Uint8Array(1);
  return {
    source: { images, count: 1, channels: 1, height: 2, width: 2, labels, classes: 1 },
    size: [2, 2],
    scale: 1,
    labels: "integer",
  };
}

/** Throws unless a step by each rule gives the loss and does no more, and new data are read as they are behind it. */
export async function trainNothing(engine: Engine): Promise<void> {
  const network = sequential([1, 2, 2], [flatten()]);
  const program = engine.program(network, { batchSize: 1, gradients: "both" });
  for (const [i, optimizer] of RULES.entries()) {
    program.load(dataSet(i), [0]);
    program.trainStep(optimizer);
    assert(Math.abs(await program.loss() - Math.log(4)) < 1e-6, `the loss by ${optimizer.kind}`);
    assertEquals(await program.parameters.values(), {});
    program.load(dataSet(10 + i), [0]);
    assertEquals(await program.input(), new Float32Array(4).fill(10 + i), optimizer.kind);
  }
  const still = engine.program(network, { batchSize: 1, gradients: "parameters" });
  still.load(dataSet(1), [0]);
  assertThrows(() => still.trainStep(RULES[0]!), TypeError, "of a network that has parameters");
}
