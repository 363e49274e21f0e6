/**
 * The shortest whole use: trains a LeNet-5 of which 8 of fc1's 120 units stay, on digits that it draws itself, attacks
 * what they tell, and fails below an accuracy of 95 %.
 *
 *     deno run examples/quick_start.ts
 */
import process from "node:process";
import * as tacet from "../mod.ts";

const EPOCHS = 8, BATCH = 32, LR = 0.05, LEAST_ACCURACY = 0.95;
const train = new tacet.Dataset(tacet.drawnDigits(20_000), { size: [32, 32] });
const test = new tacet.Dataset(tacet.drawnDigits(2000, { seed: 2 }), { size: [32, 32] });

const engine = await tacet.openEngine(), network = tacet.lenet5();
const units = { layerName: "fc1", granularity: "unit", minNum: 8 } as const;
const control = tacet.SuppressPrivacyFactory.create(network, [units], {
  startEpoch: 2,
  endEpoch: 5,
  epochs: EPOCHS,
  batchNum: train.batches(BATCH),
  maskTimes: 162,
  lr: LR,
  sparseEnd: 1 - 8 / 120,
});
const metrics = { accuracy: tacet.accuracy() };
const model = new tacet.SuppressModel({ engine, network, optimizer: tacet.sgd({ lr: LR }), metrics });
model.linkSuppressCtrl(control);
await model.train(EPOCHS, train, { batchSize: BATCH, callbacks: [new tacet.SuppressMasker(control)] });
const { accuracy } = await model.eval(test);

// Who sees those 8 outputs of an image takes the mean of the images with the nearest ones. Is it the image's likeness?
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const parameters = await model.parameters(), seen = tacet.sliceNetwork(network, "relu3");
const attack = new tacet.ImageInversionAttack({ engine, network: seen, parameters });
const pool = await tacet.pixels(engine, train, range(0, 4000)), originals = pool.slice(0, 200 * 32 * 32);
const images = await tacet.pixels(engine, train, range(4000, 8000)), features = await attack.features(images);
const decoder = new tacet.NeighbourDecoder({ features, images, shape: network.inputShape });
const reconstructions = await decoder.generate(await attack.features(originals));
const decoys = tacet.sameLabelDecoys({ labels: train.source.labels.subarray(0, 4000), targets: range(0, 200) });
const { identified } = tacet.identification({ size: 32 * 32, originals, reconstructions, pool, decoys });

console.log(`${(100 * accuracy!).toFixed(1)} % of the test digits read rightly`);
console.log(`${(100 * identified.mean).toFixed(1)} % of the images identified among 100; a blind guess: 1 %`);
if (accuracy! < LEAST_ACCURACY) process.exitCode = 1;
