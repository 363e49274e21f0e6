/**
 * Attacks a trained network: what an attacker who sees its inner features makes of them.
 *
 * @module
 */
import {
  type Engine,
  ImageInversionAttack,
  LearnedDecoder,
  type Network,
  type ParameterValues,
  sliceNetwork,
} from "../../mod.ts";
import type { Progress } from "./progress.ts";
import { type AttackReport, attackReport } from "./report.ts";
import type { Targets } from "./targets.ts";

/** The layer whose output the attacker sees: the 120 features of fc1 behind their ReLU, as in the tutorial. */
export const SEEN_LAYER = "relu3";

/** The tutorial's factors of the losses of the attack by signs. */
const LOSS_WEIGHTS = [1, 0.1, 5] as const;

/** The attacks, by what progress and files call them. */
export const METHODS = { sign: "sign steps", adam: "Adam", decoder: "learned decoder" } as const;

/** One of the attacks. */
export type Method = keyof typeof METHODS;

/** How often the decoder's training goes through its examples. */
const DECODER_EPOCHS = 6;

/** What an attack brought back. */
export interface Inversions {
  /** `[images][1][32][32]`, from 0 to 1. */
  readonly images: Float32Array;
  readonly report: AttackReport;
}

/** Attacks the network with all methods. `name` is what progress calls it. */
export async function attackNetwork(
  engine: Engine,
  victim: { readonly network: Network; readonly parameters: ParameterValues },
  targets: Targets,
  seed: number,
  name: string,
  progress: Progress,
): Promise<Record<Method, Inversions>> {
  const network = sliceNetwork(victim.network, SEEN_LAYER);
  const { parameters } = victim;
  const attack = new ImageInversionAttack({
    engine,
    network,
    parameters,
    inputBound: [0, 1],
    lossWeights: LOSS_WEIGHTS,
  });
  const { originals, labels, judge, decoys, examples } = targets;
  const features = await attack.features(originals);
  const onProgress = (done: number, total: number) => progress.update(done / total);
  const decode = async () => {
    // Where every image is attacked there are no others to learn from: the attacker guesses grey.
    if (examples.length === 0) return new Float32Array(originals.length).fill(0.5);
    const options = { features: await attack.features(examples), images: examples, shape: network.inputShape };
    const decoder = await LearnedDecoder.train({ engine, ...options, epochs: DECODER_EPOCHS, seed, onProgress });
    return await decoder.generate(features);
  };
  const run = async (method: Method): Promise<Inversions> => {
    progress.begin(`attacking ${name} (${METHODS[method]})`);
    const images = method === "decoder"
      ? await decode()
      : await attack.generate(features, { method, seed, onProgress });
    const report = attackReport(
      await attack.evaluate(originals, images, { labels, judge, ...(decoys && { decoys }) }),
    );
    progress.end();
    return { images, report };
  };
  return { sign: await run("sign"), adam: await run("adam"), decoder: await run("decoder") };
}
