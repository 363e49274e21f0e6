/**
 * What every engine does with numbers that are none: the same cases for the engines of the CPU and for a GPU, hence
 * with the assertions that browsers can load.
 */
import {
  adam,
  averagePool2d,
  conv2d,
  Dataset,
  dense,
  drawnDigits,
  type Engine,
  exampleLosses,
  flatten,
  ImageInversionAttack,
  type Layer,
  maxPool2d,
  Model,
  type ParameterValues,
  relu,
  sequential,
  sgd,
  type TrainingState,
} from "../../mod.ts";
import { ELEMENTWISE_NAMES } from "../../src/nn/layers/table.ts";
import { assert, assertEquals, assertThrows } from "../gpu/assert.ts";

/** A case, which works on every engine. `overflows`: whether it computes in float32, where 6e38 is infinite. */
export interface NumberCase {
  readonly name: string;
  run(engine: Engine, overflows: boolean): Promise<void>;
}

/** Throws unless the promise rejects with a RangeError whose message holds the text. */
export async function assertRefused(promise: () => Promise<unknown>, includes: string): Promise<void> {
  let thrown: unknown;
  try {
    await promise();
  } catch (error) {
    thrown = error;
  }
  assert(
    thrown instanceof RangeError && thrown.message.includes(includes),
    `expected "${includes}", but got ${thrown}`,
  );
}

const NONE = [NaN, Infinity, -Infinity];
const SMALL = sequential([1, 2, 3], [flatten(), dense({ outputs: 2 }), relu(), dense({ outputs: 2 })]);
/** An image for it. */
const SOURCE = {
  images: new Uint8Array(6),
  labels: Uint8Array.of(0),
  count: 1,
  channels: 1,
  height: 2,
  width: 3,
  classes: 2,
};
const at = (length: number, place: number, value: number) =>
  Float32Array.from({ length }, (_, i) => i === place ? value : 0.5);

async function refused(engine: Engine): Promise<void> {
  const program = engine.program(SMALL, { batchSize: 3, gradients: "both" }), { parameters } = program;
  const before = await parameters.values();
  program.setInput(at(12, -1, 0), [0, 1]);
  for (const value of NONE) {
    const refuse = (work: () => unknown, message: string) => assertThrows(work, RangeError, message);
    const wrong = { "fc1.bias": Float32Array.of(7, 7), "fc2.bias": Float32Array.of(0, value) };
    refuse(() => parameters.setValues(wrong), `parameter fc2.bias[1] is ${value}; it must be finite`);
    refuse(() => parameters.setGradient("fc1.weight", at(12, 5, value)), `the gradient of fc1.weight[5] is ${value}`);
    refuse(() => program.setInput(at(12, 8, value)), `setInput: pixel 2 of image 1 is ${value}; it must be finite`);
    refuse(() => program.regressStep(at(4, 3, value), sgd({ lr: 1 })), `targets: target 1 of image 1 is ${value}`);
    refuse(
      () => program.regressStep(at(4, -1, 0), { ...adam(), lr: value }),
      `adam: lr is ${value}; it must be finite`,
    );
    refuse(() => program.trainStep({ ...sgd({ lr: 1 }), lr: value }), `sgd: lr is ${value}; it must be finite`);
    const data = { source: SOURCE, size: [2, 3], labels: "integer", scale: value } as const;
    refuse(() => program.load(data, [0]), `the data's scale is ${value}; 255 times it must be finite`);
    refuse(() => program.load({ ...data, scale: 1e37 }, [0]), "the data's scale is 1e+37");
    const inversion = program.inversion();
    refuse(() => inversion.setTargets(at(4, 2, value)), `targets: feature 0 of image 1 is ${value}`);
    inversion.setTargets(at(4, -1, 0));
    const step = {
      feature: 1,
      vertical: 0,
      horizontal: 0,
      square: 0,
      bound: [0, 1],
      method: "sign",
      rate: 0.1,
    } as const;
    refuse(() => inversion.step({ ...step, square: value }), `step: square is ${value}`);
    refuse(() => inversion.step({ ...step, bound: [NaN, 1] }), "step: bound is [NaN,1]");
  }
  assertThrows(() => program.inversion().setTargets(at(4, 1, 3e38)), RangeError, "features of image 0 are too large");
  assertEquals(await parameters.values(), before, "nothing of what was refused is there");
  assertEquals(await program.input(), at(12, -1, 0), "the batch is what it was");
}

/** What may follow where channels of 3e38 or infinity are subtracted: a NaN where the pixel is 2. */
const TAILS: Readonly<
  Record<string, { readonly layers: readonly Layer[]; readonly outputOf: (pixel: number) => number }>
> = {
  "nothing": { layers: [], outputOf: (pixel) => pixel },
  ...Object.fromEntries(
    ELEMENTWISE_NAMES.map((kind) => [kind, { layers: [{ kind }], outputOf: (pixel: number) => pixel }]),
  ),
  "max-pool": { layers: [maxPool2d()], outputOf: (pixel) => 2 * (pixel >> 3) + (pixel % 4 >> 1) },
  "ReLU and max-pool": { layers: [relu(), maxPool2d()], outputOf: (pixel) => 2 * (pixel >> 3) + (pixel % 4 >> 1) },
  "ReLU and a larger max-pool": { layers: [relu(), maxPool2d({ window: 4 })], outputOf: () => 0 },
  "average-pool": { layers: [averagePool2d()], outputOf: (pixel) => 2 * (pixel >> 3) + (pixel % 4 >> 1) },
  "a dense layer with ReLU": { layers: [flatten(), dense({ outputs: 1, bias: false }), relu()], outputOf: () => 0 },
};

async function passedOn(engine: Engine, overflows: boolean): Promise<void> {
  for (const [name, { layers, outputOf }] of Object.entries(TAILS)) {
    const convolutions = [
      conv2d({ channels: 2, kernel: 1, bias: false }),
      conv2d({ channels: 1, kernel: 1, bias: false }),
    ];
    const program = engine.program(sequential([1, 4, 4], [...convolutions, ...layers]), { batchSize: 5 });
    program.parameters.setValues({
      "conv1.weight": Float32Array.of(3e38, 3e38),
      "conv2.weight": Float32Array.of(1, -1),
    });
    if (layers.length > 2) program.parameters.setValues({ "fc1.weight": new Float32Array(16).fill(1) });
    for (let pixel = 0; pixel < 16; pixel++) {
      // The second image stays within float32.
      program.setInput(Float32Array.from({ length: 32 }, (_, i) => i === pixel ? 2 : 1));
      program.forward();
      const output = await program.output(), wrong = overflows ? [outputOf(pixel)] : [];
      const found = Array.from(output.keys()).filter((i) => Number.isNaN(output[i]));
      assertEquals(found, wrong, `${name}: where NaN comes out, if it goes in at pixel ${pixel}`);
    }
  }
}

const FRONT = sequential([1, 1, 2], [flatten(), dense({ outputs: 1, bias: false })]);

/** An attack on the sum of two pixels times 1e5, whose loss is relative to a target. */
function steep(engine: Engine): ImageInversionAttack {
  const parameters = { "fc1.weight": Float32Array.of(1e5, 1e5) };
  return new ImageInversionAttack({ engine, network: FRONT, parameters, lossWeights: [1, 0, 0] });
}

async function steps(engine: Engine, overflows: boolean): Promise<void> {
  const attack = steep(engine), starts = new Float32Array(6).fill(0.05);
  const invert = (method: "sign" | "adam", target: number, iterations: number) =>
    attack.generate(Float32Array.of(1e4, target, 1e4), { method, iterations, starts, adamLossWeights: [1, 0, 0] });
  for (const method of ["sign", "adam"] as const) {
    // The loss is 1e38, the gradient behind it 1e39: more than float32 holds.
    if (overflows) {
      await assertRefused(() => invert(method, 1e-15, 1), "image 1: pixel 0 is NaN behind step 1:");
      await assertRefused(() => invert(method, 1e-15, 5), "image 1: the loss is NaN before step 2 of 5:");
      const told: number[] = [], onLosses = (losses: Float32Array) => void told.push(...losses);
      const options = { method, iterations: 5, starts, onLosses };
      await assertRefused(() => attack.generate(Float32Array.of(1e4, 1e-15, 1e4), options), "image 1: the loss is NaN");
      assert(told.length === 3 && told.every(Number.isFinite), `losses that are none are not told: ${told}`);
    } else assert((await invert(method, 1e-15, 5)).every(Number.isFinite), "float64 holds it");
    assert((await invert(method, 1e4, 5)).every(Number.isFinite), "a good target is reached for");
  }
  // A gradient of 1e21: its sign is known, but its square is not, by which Adam divides.
  assert((await invert("sign", 1e-6, 1)).every(Number.isFinite), "the sign is known");
  if (overflows) await assertRefused(() => invert("adam", 1e-6, 1), "image 1: pixel 0 is NaN behind step 1:");
}

async function attacked(engine: Engine, overflows: boolean): Promise<void> {
  for (const value of NONE) {
    const made = (parameters: ParameterValues) => () =>
      new ImageInversionAttack({ engine, network: FRONT, parameters });
    assertThrows(
      made({ "fc1.weight": Float32Array.of(1, value) }),
      RangeError,
      `parameters: fc1.weight[1] is ${value}`,
    );
    const attack = steep(engine), images = at(80, 71, value);
    await assertRefused(() => attack.features(images), `images: pixel 1 of image 35 is ${value}`);
    await assertRefused(() => attack.generate(at(3, 2, value)), `targetFeatures: feature 0 of image 2 is ${value}`);
    const starts = at(2, 1, value);
    await assertRefused(() => attack.generate(Float32Array.of(1), { starts }), `starts[1] is ${value}`);
  }
  if (!overflows) return;
  const parameters = { "fc1.weight": Float32Array.of(3e38, 3e38) };
  const attack = new ImageInversionAttack({ engine, network: FRONT, parameters });
  const images = new Float32Array(80).fill(0.25).fill(1, 70, 72);
  await assertRefused(() => attack.features(images), "features: output 0 of image 35 is Infinity; it must be finite");
  const judge = { network: sequential([1, 7, 7], [flatten(), dense({ outputs: 2, bias: false })]), parameters: {} };
  judge.parameters = { "fc1.weight": new Float32Array(98).fill(3e38, 49) };
  const bright = new Float32Array(98).fill(0.001).fill(1, 49);
  const reader = new ImageInversionAttack({ engine, network: judge.network, parameters: judge.parameters });
  const seen = () => reader.evaluate(bright, bright, { labels: [0, 1], judge });
  await assertRefused(seen, "the judge's logits: output 1 of image 1 is Infinity");
}

const START = {
  "fc1.weight": Float32Array.of(0, 0),
  "fc1.bias": Float32Array.of(1e-30, 1e-30),
  "fc2.weight": Float32Array.of(-1, -1, 1, 1),
  "fc2.bias": Float32Array.of(0, 0),
};

/**
 * A model and an image of one pixel, 100: a step throws the first weights to minus infinity, which ReLU makes 0, so
 * that the loss stays finite.
 */
export async function vanishing(engine: Engine): Promise<{ readonly model: Model; readonly data: Dataset }> {
  const network = sequential([1, 1, 1], [flatten(), dense({ outputs: 2 }), relu(), dense({ outputs: 2 })]);
  const model = new Model({ engine, network, optimizer: sgd({ lr: 1e38 }) });
  await model.setParameters(START);
  const size = { count: 1, channels: 1, height: 1, width: 1, classes: 2 };
  const image = { ...size, images: Uint8Array.of(100), labels: Uint8Array.of(0), name: "a pixel" };
  return { model, data: new Dataset(image, { scale: 1 }) };
}

async function hidden(engine: Engine): Promise<void> {
  const { model, data } = await vanishing(engine);
  const good = await model.checkpoint();
  let loss: number | undefined = NaN, message = "";
  try {
    const onStepEnd = async (state: TrainingState) => void (loss = await state.loss());
    await model.train(1, data, { batchSize: 1, callbacks: [{ onStepEnd }] });
  } catch (error) {
    message = String(error);
  }
  assert(loss !== undefined && Number.isFinite(loss) && message === "", `the loss tells nothing: ${loss} ${message}`);
  const lost = "parameter fc1.weight[0] is -Infinity; it must be finite";
  for (const read of ["parameters", "checkpoint", "sparsity"] as const) await assertRefused(() => model[read](), lost);
  await assertRefused(() => model.eval(data), lost);
  const values = { ...START, "fc2.bias": Float32Array.of(5, NaN) };
  await assertRefused(() => model.setParameters(values), "parameter fc2.bias[1] is NaN");
  await model.restore(good);
  assertEquals(await model.parameters(), START, "it goes on from what was good");
  const nan = { ...good.parameters, "fc2.bias": { shape: [2], data: Float32Array.of(5, NaN) } };
  await assertRefused(() => model.restore({ ...good, parameters: nan }), "parameter fc2.bias[1] is NaN");
  assertEquals(await model.parameters(), START, "nothing of what was refused is there");
}

async function read(engine: Engine, overflows: boolean): Promise<void> {
  if (!overflows) return;
  const data = new Dataset(drawnDigits(8)), network = sequential([1, 28, 28], [flatten(), dense({ outputs: 10 })]);
  const model = new Model({ engine, network, optimizer: sgd({ lr: 1 }) }), parameters = await model.parameters();
  parameters["fc1.weight"]!.fill(3e38, 784 * 9);
  await model.setParameters(parameters);
  await assertRefused(() => model.eval(data), "the logit of class 9 for image 0 of the data is Infinity");
  await assertRefused(() => exampleLosses(engine, { network, parameters }, data, [3, 4]), "losses[0] is ");
  const nan = { ...parameters, "fc1.bias": at(10, 4, NaN) };
  await assertRefused(
    () => exampleLosses(engine, { network, parameters: nan }, data, [3]),
    "fc1.bias[4] is NaN",
  );
}

/** The cases. */
export const numberCases: readonly NumberCase[] = [
  { name: "what is not finite is refused where it comes in, by name and place, and nothing is changed", run: refused },
  { name: "a NaN within goes through every layer to the output", run: passedOn },
  { name: "a step along a gradient that is no number does not pass for one that stayed", run: steps },
  { name: "an attack refuses what is not finite, and features and logits that overflow", run: attacked },
  { name: "parameters that are infinite behind a finite loss are no model", run: hidden },
  { name: "logits and losses that overflow are no figures", run: read },
];
