/**
 * The whole job: train three networks, attack two, report.
 *
 * @module
 */
import { type Engine, openEngine, pixels } from "../../mod.ts";
import type { EngineChoice, Settings } from "./args.ts";
import { attackNetwork, type Inversions, type Method } from "./attacks.ts";
import { chosenIndices } from "./choice.ts";
import { lenet5Dataset, openImages } from "./data.ts";
import { type Suppressed, type Trained, trainOrdinary, trainSuppressed } from "./networks.ts";
import type { Progress } from "./progress.ts";
import type { Report } from "./report.ts";
import { sparsityOf } from "./sparsity.ts";

/** The stages that {@linkcode runJob} shows. */
export const STAGES = 8;

/** What the job leaves. */
export interface Outcome {
  readonly report: Report;
  /** The engine that computed, in words. */
  readonly engine: string;
  readonly networks: { readonly ordinary: Trained; readonly second: Trained; readonly suppressed: Suppressed };
  /** The attacked images, `[images][1][32][32]`. */
  readonly originals: Float32Array;
  /** What came back, by network and attack. */
  readonly inversions: Readonly<Record<"ordinary" | "suppressed", Record<Method, Inversions>>>;
}

function open(choice: EngineChoice | undefined): Promise<Engine> {
  if (choice === undefined) return openEngine();
  return choice === "wasm-simd128" ? openEngine({ engine: "wasm", build: "simd128" }) : openEngine({ engine: choice });
}

/** Does everything that the settings ask for but show and save it. Nothing but `seconds` depends on the time. */
export async function runJob(settings: Settings, progress: Progress, clock: () => number): Promise<Outcome> {
  const { seed } = settings;
  const start = clock();
  const engine = await open(settings.engine);
  progress.begin(settings.data === undefined ? "drawing digits" : "reading MNIST");
  const images = await openImages(settings);
  progress.end([`${images.samples} for training, ${images.test.count} for testing; ${engine.why}`]);

  progress.begin("training ordinary");
  const ordinary = await trainOrdinary(engine, images, settings, seed, progress);
  // The judge is another network than the attacked one: a network may well recognise its own features in noise.
  progress.begin("training the judge");
  const second = await trainOrdinary(engine, images, settings, seed + 1, progress);
  progress.begin("training suppressed");
  const suppressed = await trainSuppressed(engine, images, settings, progress);

  const chosen = chosenIndices(settings.attackImages, images.samples, seed);
  const originals = await pixels(engine, lenet5Dataset(images.train, seed), chosen);
  const labels = Uint8Array.from(chosen, (index) => images.train.labels[index]!);
  const targets = { originals, labels, judge: second };
  const inversions = {
    ordinary: await attackNetwork(engine, ordinary, targets, seed, "ordinary", progress),
    suppressed: await attackNetwork(engine, suppressed, targets, seed, "suppressed", progress),
  };

  const figures = (name: "ordinary" | "suppressed", { accuracy }: Trained) => ({
    accuracy,
    inversion: inversions[name].sign.report,
    strongInversion: inversions[name].adam.report,
  });
  const report: Report = {
    seed,
    data: { name: images.name, train: images.samples, test: images.test.count },
    ordinary: figures("ordinary", ordinary),
    suppressed: {
      ...figures("suppressed", suppressed),
      sparsity: sparsityOf(suppressed.parameters, suppressed.layers),
      operations: suppressed.operations,
    },
    seconds: Math.round((clock() - start) * 1000) / 1000,
  };
  const networks = { ordinary, second, suppressed };
  return { report, engine: `${engine.name} (${engine.build})`, networks, originals, inversions };
}
