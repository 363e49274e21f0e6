/**
 * The whole job: train four networks, attack three, report.
 *
 * @module
 */
import { type Engine, openEngine } from "../../mod.ts";
import { type EngineChoice, imageSettings, type Settings } from "./args.ts";
import { attackNetwork, type Inversions, type Method } from "./attacks.ts";
import { lenet5Dataset, openImages } from "./data.ts";
import { type Suppressed, type Trained, trainOrdinary, trainSuppressed, trainUnitSuppressed } from "./networks.ts";
import type { Progress } from "./progress.ts";
import type { Report } from "./report.ts";
import { sparsityOf } from "./sparsity.ts";
import { chooseTargets } from "./targets.ts";

/** The stages that {@linkcode runJob} shows. */
export const STAGES = 15;

/** The networks attacked, in the order of the table. */
export const VICTIMS = ["ordinary", "suppressed", "unitSuppressed"] as const;

/** One of the networks attacked. */
export type Victim = (typeof VICTIMS)[number];

/** What the job leaves. */
export interface Outcome {
  readonly report: Report;
  /** The engine that computed, in words. */
  readonly engine: string;
  readonly networks: Readonly<
    Record<"ordinary" | "second", Trained> & Record<"suppressed" | "unitSuppressed", Suppressed>
  >;
  /** The attacked images, `[images][1][32][32]`. */
  readonly originals: Float32Array;
  /** What came back, by network and attack. */
  readonly inversions: Readonly<Record<Victim, Record<Method, Inversions>>>;
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
  const images = await openImages(imageSettings(settings));
  progress.end([`${images.samples} for training, ${images.test.count} for testing; ${engine.why}`]);

  progress.begin("training ordinary");
  const ordinary = await trainOrdinary(engine, images, settings, seed, progress);
  // The judge is another network than the attacked one: a network may well recognise its own features in noise.
  progress.begin("training the judge");
  const second = await trainOrdinary(engine, images, settings, seed + 1, progress);
  progress.begin("training suppressed");
  const suppressed = await trainSuppressed(engine, images, settings, progress);

  progress.begin("training suppressed by unit");
  const unitSuppressed = await trainUnitSuppressed(engine, images, settings, progress);

  progress.begin("choosing images");
  const dataset = lenet5Dataset(images.train, seed);
  const wanted = { images: settings.attackImages, samples: images.samples, seed };
  const targets = await chooseTargets(engine, images.train, dataset, wanted, second);
  progress.end([`${settings.attackImages} to attack`]);
  const attack = (victim: Trained, name: string) => attackNetwork(engine, victim, targets, seed, name, progress);
  const inversions = {
    ordinary: await attack(ordinary, "ordinary"),
    suppressed: await attack(suppressed, "suppressed"),
    unitSuppressed: await attack(unitSuppressed, "suppressed by unit"),
  };

  const figures = (name: Victim, { accuracy }: Trained) => ({
    accuracy,
    inversion: inversions[name].sign.report,
    strongInversion: inversions[name].adam.report,
    decoderInversion: inversions[name].decoder.report,
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
    unitSuppressed: {
      ...figures("unitSuppressed", unitSuppressed),
      units: settings.units,
      // Over the same weights as the other's.
      sparsity: sparsityOf(unitSuppressed.parameters, suppressed.layers),
    },
    seconds: Math.round((clock() - start) * 1000) / 1000,
  };
  const networks = { ordinary, second, suppressed, unitSuppressed };
  return { report, engine: `${engine.name} (${engine.build})`, networks, originals: targets.originals, inversions };
}
