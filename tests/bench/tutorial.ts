/**
 * The tutorial's suppressed training, whole, timed: reads MNIST, trains LeNet-5 for 10 epochs of 1,875 steps with 1,000
 * suppress operations, and prints a line of JSON. MNIST is in the folder `mnist` of TACET_SHARED, else of ../shared.
 */
import process from "node:process";
import {
  accuracy,
  Dataset,
  lenet5,
  lenet5MaskLayers,
  mnist,
  openEngine,
  sgd,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
} from "../../mod.ts";

/** The line it prints. */
export interface TutorialReport {
  /** From the first byte of the data to the trained parameters. */
  readonly seconds: number;
  readonly steps: number;
  readonly operations: number;
  /** Share of the masked layers' weights that are masked. */
  readonly sparsity: number;
  /** On the test images. */
  readonly accuracy: number;
}

const folder = `${process.env.TACET_SHARED ?? "../shared"}/mnist`;
const size = [32, 32] as const, batchSize = 32, lr = 0.05, epochs = 10;

const start = performance.now();
const engine = await openEngine({ threads: 1 });
const digits = new Dataset(await mnist(folder, "train"), { size });
const network = lenet5({ seed: 1 });
const control = SuppressPrivacyFactory.create(network, lenet5MaskLayers(), {
  endEpoch: epochs,
  batchNum: digits.batches(batchSize),
  startEpoch: 3,
  maskTimes: 1000,
  lr,
  sparseEnd: 0.95,
});
const model = new SuppressModel({ engine, network, optimizer: sgd({ lr }), metrics: { accuracy: accuracy() } });
model.linkSuppressCtrl(control);
await model.train(epochs, digits, { batchSize, callbacks: [new SuppressMasker(control)] });
const parameters = await model.parameters();
const seconds = (performance.now() - start) / 1000;

if (!Object.values(parameters).every((values) => values.every(Number.isFinite))) throw new Error("training diverged");
const test = new Dataset(await mnist(folder, "test"), { size });
const { accuracy: measured } = await model.eval(test);
const report: TutorialReport = {
  seconds,
  steps: model.steps,
  operations: control.operations,
  sparsity: (await model.sparsity()).total.masked,
  accuracy: measured!,
};
console.log(JSON.stringify(report));
