/**
 * What the gradients of single images tell of them.
 *
 * @module
 */
import {
  GradientLeakageAttack,
  ImageInversionAttack,
  lenet5,
  openEngine,
  type ParameterValues,
  Random,
  revealedInputs,
  revealedLabels,
  sliceNetwork,
  type TrainedNetwork,
} from "../../mod.ts";
import { SETTINGS } from "../frontier/settings.ts";
import { train } from "../frontier/train.ts";
import type { ImageSettings } from "../sup_privacy/args.ts";
import { lenet5Dataset, openImages } from "../sup_privacy/data.ts";
import { type AttackReport, attackReport } from "../sup_privacy/report.ts";
import { chooseTargets } from "../sup_privacy/targets.ts";

/** The networks, by titles: not trained yet, or trained by a setting of the frontier. */
const NETWORKS: readonly (readonly [title: string, setting: string | undefined])[] = [
  ["at the start of training", undefined],
  ["ordinary, SGD", "sgd"],
  ["weights, 95 % silent", "weights-95"],
  ["8 units of fc1", "units-8"],
];

/** Noise over the clipping length, where the gradient is clipped and noised as in DP-SGD. */
const NOISE = 1;
const NOISE_STREAM = 0x5000_0000;
/** Factors of the losses of the attack that takes the features further. */
const INVERSION_WEIGHTS = [1, 0.1, 0.01] as const;

/** What the gradients of single images told. */
export interface Figures {
  readonly network: string;
  /** Share of the images whose label the gradient told. */
  readonly labels: number;
  /** Share of the features in front of fc1 that it told: exactly, but for noise. */
  readonly features: number;
  /** Of the images found from them. */
  readonly inversion: AttackReport;
}

/** A gradient clipped to length 1 and noised, as one example alone would give it in DP-SGD. */
function privatized(gradients: ParameterValues, random: Random): Record<string, Float32Array> {
  const all = Object.values(gradients);
  const length = Math.sqrt(all.reduce((sum, values) => sum + values.reduce((squares, g) => squares + g * g, 0), 0));
  const factor = 1 / Math.max(1, length);
  return Object.fromEntries(
    Object.entries(gradients).map(([name, values]) => [
      name,
      values.map((g) => factor * g + NOISE * random.roughNormal()),
    ]),
  );
}

/** What is to be measured. */
export interface LeakageSettings extends ImageSettings {
  readonly epochs: number;
  /** Training images whose gradients are seen, one by one. */
  readonly images: number;
}

/**
 * Trains the networks, takes the gradients of single images, and reconstructs the images from them; `tell` receives
 * lines of progress.
 */
export async function measureLeakage(settings: LeakageSettings, tell: (line: string) => void): Promise<Figures[]> {
  const { seed, images, epochs } = settings;
  const data = await openImages(settings);
  const engine = await openEngine();
  const trained = async (id: string): Promise<TrainedNetwork> => {
    tell(`training: ${id}`);
    return await train(engine, SETTINGS.find((setting) => setting.id === id)!, { ...data, epochs, seed });
  };
  const judge = await trained("momentum"), dataset = lenet5Dataset(data.train, seed);
  const wanted = { images, samples: data.samples, seed };
  const targets = await chooseTargets(engine, data.train, dataset, wanted, judge);
  const { originals, labels, decoys, examples } = targets, pixels = originals.length / images;

  const attackOf = async (title: string, victim: TrainedNetwork, noised: boolean): Promise<Figures> => {
    tell(`attacking: ${title}`);
    const { network, parameters } = victim, front = sliceNetwork(network, "flatten");
    const masks = Object.fromEntries(
      Object.entries(parameters).map(([name, weights]) => [name, Uint8Array.from(weights, (w) => Number(w !== 0))]),
    );
    const leakage = new GradientLeakageAttack({ engine, network, parameters, masks });
    const inversion = new ImageInversionAttack({ engine, network: front, parameters });
    // What no gradient tells is guessed: the mean over the attacker's own images.
    const own = await inversion.features(examples.subarray(0, 1000 * pixels)), size = front.outputShape[0];
    const mean = new Float64Array(size);
    own.forEach((feature, i) => mean[i % size]! += feature / (own.length / size));
    const features = new Float32Array(images * size), random = new Random(seed, NOISE_STREAM);
    let rightLabels = 0, known = 0;
    for (let image = 0; image < images; image++) {
      const sent = await leakage.gradients(originals.subarray(image * pixels, (image + 1) * pixels), [labels[image]!]);
      const gradients = noised ? privatized(sent, random) : sent;
      rightLabels += Number(revealedLabels(network, gradients)[0] === labels[image]);
      const revealed = revealedInputs(network, gradients, { masks });
      for (let i = 0; i < size; i++) {
        known += revealed.known[i]!;
        features[image * size + i] = revealed.known[i] ? revealed.inputs[i]! : mean[i]!;
      }
    }
    const options = { method: "adam", adamLossWeights: INVERSION_WEIGHTS, seed } as const;
    const inverted = await inversion.generate(features, options);
    const evaluation = await inversion.evaluate(originals, inverted, { labels, judge, ...(decoys && { decoys }) });
    return {
      network: title,
      labels: rightLabels / images,
      features: known / features.length,
      inversion: attackReport(evaluation),
    };
  };

  const figures: Figures[] = [];
  let ordinary: TrainedNetwork | undefined;
  for (const [title, setting] of NETWORKS) {
    const fresh = lenet5({ seed });
    const victim = setting === undefined
      ? { network: fresh, parameters: await engine.parameters(fresh.parameters, seed).values() }
      : await trained(setting);
    if (setting === "sgd") ordinary = victim;
    figures.push(await attackOf(title, victim, false));
  }
  figures.push(await attackOf("ordinary, clipped and noised", ordinary!, true));
  return figures;
}
