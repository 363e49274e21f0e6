/**
 * LeNet-5 whose fc1 has few units of few levels: accuracy, and the bound that no attack on its codes beats.
 *
 *     deno run --allow-read tests/experiments/coded.ts --data DIR --seeds 5 --units 12 --epochs 16 --shifted 12
 *
 * MNIST's images stand in 32x32 pixels, in the first `--shifted` epochs moved by a pixel at most, by chance. All 60,000
 * training images are counted, the test images are those that nobody counted. A line of JSON a seed, then means.
 *
 * @module
 */
import process from "node:process";
import {
  certifyCodes,
  CodeEncoder,
  conv2d,
  Dataset,
  dense,
  type Engine,
  flatten,
  he,
  type LabelledImages,
  maxPool2d,
  mergeRareCodes,
  mnist,
  Model,
  momentum,
  openEngine,
  pixels,
  quantize,
  Random,
  relu,
  sequential,
  sigmoid,
} from "../../mod.ts";
import { count, type Flag, givenFlags } from "../../examples/command_line.ts";

const FLAGS: readonly Flag[] = [
  { name: "data", rule: { kind: "folder" }, value: "DIR", about: [] },
  count("seeds", 1, 100, []),
  count("units", 2, 16, []),
  count("levels", 2, 4, []),
  count("epochs", 1, 200, []),
  count("shifted", 0, 200, []),
];
/**
 * Learning rate at first; it falls along a cosine. How many codes are sent (10: what is read, no more), and images of
 * the rarest beside the commonest of each digit.
 */
const RATE = 0.03, SENT = [10, 12, 16, 20, 24], LEAST = 60;
const SIDE = 32;

/** Images in the middle of 32x32 pixels, or up to a pixel beside it. */
function placed(images: LabelledImages, random: Random | undefined): LabelledImages {
  const { count, height, width } = images, margin = (SIDE - height) / 2, moved = new Uint8Array(count * SIDE * SIDE);
  for (let image = 0; image < count; image++) {
    const [down, right] = [0, 1].map(() => margin + (random ? random.integer(3) - 1 : 0)) as [number, number];
    for (let row = 0; row < height; row++) {
      const from = (image * height + row) * width;
      moved.set(images.images.subarray(from, from + width), (image * SIDE + row + down) * SIDE + right);
    }
  }
  return { ...images, images: moved, height: SIDE, width: SIDE };
}

async function encoded(engine: Engine, encoder: CodeEncoder, images: LabelledImages): Promise<Uint16Array> {
  const data = new Dataset(images), codes = new Uint16Array(images.count), step = 2000;
  for (let first = 0; first < images.count; first += step) {
    const places = Array.from({ length: Math.min(step, images.count - first) }, (_, i) => first + i);
    codes.set(await encoder.encode(await pixels(engine, data, places)), first);
  }
  return codes;
}

interface Settings {
  readonly units: number;
  readonly levels: number;
  readonly epochs: number;
  /** Epochs whose images are moved. */
  readonly shifted: number;
}

async function measure(
  train: LabelledImages,
  test: LabelledImages,
  seed: number,
  { units, levels, epochs, shifted }: Settings,
) {
  const engine = await openEngine({ threads: 1 }), init = { weightInit: he() };
  const network = sequential([1, SIDE, SIDE], [
    conv2d({ channels: 6, kernel: 5, ...init }),
    relu(),
    maxPool2d(),
    conv2d({ channels: 16, kernel: 5, ...init }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: units, ...init }),
    sigmoid(),
    quantize({ levels }),
    dense({ outputs: 84, ...init }),
    relu(),
    dense({ outputs: 10, ...init }),
  ], { seed });
  const model = new Model({ engine, network, optimizer: momentum({ lr: RATE }) });
  const still = placed(train, undefined), random = new Random(seed, 7);
  for (let epoch = 0; epoch < epochs; epoch++) {
    model.setLearningRate(RATE * (1 + Math.cos(Math.PI * epoch / epochs)) / 2);
    const images = epoch < shifted ? placed(train, random) : still;
    await model.train(1, new Dataset(images, { seed, shuffleBuffer: 60_000 }), { batchSize: 64 });
  }
  const encoder = new CodeEncoder({ engine, network, parameters: await model.parameters(), layer: "quantize1" });
  const predictions = await encoder.predictions(), population = await encoded(engine, encoder, still);
  const unseen = await encoded(engine, encoder, placed(test, undefined));
  const share = (codes: Uint16Array, { labels }: LabelledImages) =>
    codes.filter((code, i) => predictions[code] === labels[i]).length / codes.length;
  const certificates = SENT.map((most) => {
    const { sent } = mergeRareCodes({
      codes: encoder.codes,
      population,
      predictions,
      most,
      least: LEAST,
      labels: train.labels,
    });
    const { value, codes, smallestSet } = certifyCodes(population.map((code) => sent[code]!), train.labels);
    const held = certifyCodes(unseen.map((code) => sent[code]!), test.labels, { unseenConfidence: 0.95 });
    return { most, codes, value, smallestSet, unseen: held.unseen!.value };
  });
  const { value, codes } = certifyCodes(population, train.labels);
  return { seed, accuracy: share(unseen, test), training: share(population, train), codes, value, certificates };
}

const given = givenFlags(FLAGS, process.argv.slice(2)), folder = given.get("data");
if (typeof folder !== "string") throw new TypeError("--data DIR must name the folder of MNIST's files");
const number = (name: string, otherwise: number) => Number(given.get(name) ?? otherwise);
const seeds = number("seeds", 5),
  settings: Settings = {
    units: number("units", 12),
    levels: number("levels", 2),
    epochs: number("epochs", 16),
    shifted: number("shifted", 12),
  };
const [train, test] = [await mnist(folder, "train"), await mnist(folder, "test")];
const all: Awaited<ReturnType<typeof measure>>[] = [];
for (let seed = 1; seed <= seeds; seed++) {
  all.push(await measure(train, test, seed, settings));
  console.log(JSON.stringify(all.at(-1)));
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
console.log(`| sent | test accuracy | bound | fewest codes in use |\n| --- | --- | --- | --- |`);
SENT.forEach((most, i) => {
  const values = all.map(({ certificates }) => certificates[i]!), percent = (share: number) => (100 * share).toFixed(2);
  const accuracy = percent(mean(all.map(({ accuracy }) => accuracy)));
  const used = Math.min(...values.map(({ codes }) => codes));
  console.log(`| ${most} | ${accuracy} % | ${percent(mean(values.map(({ value }) => value)))} % | ${used} |`);
});
