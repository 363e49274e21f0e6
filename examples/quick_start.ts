/**
 * The shortest whole use: trains a LeNet-5 of which 8 of fc1's 120 units stay, on digits that it draws itself, attacks
 * what they tell, and fails below an accuracy of 95 %.
 *
 *     deno run examples/quick_start.ts
 */
import process from "node:process";
import * as tacet from "../mod.ts";

const LEAST_ACCURACY = 0.95;
const train = new tacet.Dataset(tacet.drawnDigits(20_000), { size: [32, 32] });
const test = new tacet.Dataset(tacet.drawnDigits(2000, { seed: 2 }), { size: [32, 32] });

const engine = await tacet.openEngine(), network = tacet.lenet5(), optimizer = tacet.sgd({ lr: 0.05 });
const layers = [{ layerName: "fc1", granularity: "unit", minNum: 8 }] as const, suppress = { layers, startEpoch: 2 };
const metrics = { accuracy: tacet.accuracy() };
const model = new tacet.SuppressModel({ engine, network, optimizer, metrics, suppress });
await model.train(8, train, { batchSize: 32 });
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
