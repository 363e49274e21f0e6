/**
 * Reads the command line.
 *
 * @module
 */
import { givenFlags, UsageError } from "../command_line.ts";
import { FLAGS } from "./flags.ts";

/** The engines that `--engine` names. */
export type EngineChoice = "wasm" | "wasm-simd128" | "webgpu" | "reference";

/** What the command line asks for; undefined where it leaves the choice to the program. */
export interface Settings {
  readonly data: string | undefined;
  readonly samples: number | undefined;
  readonly epochs: number;
  readonly startEpoch: number;
  readonly maskTimes: number | undefined;
  readonly lr: number;
  readonly sparseEnd: number;
  readonly units: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly attackImages: number;
  readonly engine: EngineChoice | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** What decides which images there are. */
export interface ImageSettings extends Pick<Settings, "data" | "samples" | "seed"> {
  /** Flags of which none may ask for more images than there are to train on, and what they ask for. */
  readonly counts: readonly (readonly [flag: string, value: number])[];
}

/** Those of a command line. */
export function imageSettings({ data, samples, seed, batchSize, attackImages }: Settings): ImageSettings {
  return { data, samples, seed, counts: [["batch-size", batchSize], ["attack-images", attackImages]] };
}

/**
 * What the arguments ask for, or "help".
 *
 * @throws {UsageError} if a flag is unknown, given twice, without its value, or its value is not allowed.
 */
export function parseArguments(args: readonly string[]): Settings | "help" {
  if (args.includes("--help")) return "help";
  const values = givenFlags(FLAGS, args);
  const number = (name: string) => values.get(name) as number | undefined;
  const numberOrDefault = (name: string) => number(name) ?? FLAGS.find((flag) => flag.name === name)!.fallback!;
  const epochs = numberOrDefault("epochs");
  const startEpoch = numberOrDefault("start-epoch");
  if (startEpoch > epochs) {
    const source = values.has("start-epoch") ? "" : " (its default)";
    throw new UsageError(`--start-epoch is ${startEpoch}${source}; it must be at most --epochs, which is ${epochs}`);
  }
  return {
    data: values.get("data") as string | undefined,
    samples: number("samples"),
    epochs,
    startEpoch,
    maskTimes: number("mask-times"),
    lr: numberOrDefault("lr"),
    sparseEnd: numberOrDefault("sparse-end"),
    units: numberOrDefault("units"),
    batchSize: numberOrDefault("batch-size"),
    seed: numberOrDefault("seed"),
    attackImages: numberOrDefault("attack-images"),
    engine: values.get("engine") as EngineChoice | undefined,
    out: values.get("out") as string | undefined,
    json: values.has("json"),
  };
}

/**
 * Do the settings fit this many training images?
 *
 * @param available how many there are, or would be drawn
 * @param name what they are called
 * @returns how many of them are used
 * @throws {UsageError} if more are asked for, a batch is larger, or more are to be attacked.
 */
export function checkCounts(settings: ImageSettings, available: number, name: string): number {
  const { samples = available, counts } = settings;
  if (samples > available) throw new UsageError(`--samples is ${samples}, but ${name} has only ${available} images`);
  for (const [flag, value] of counts) {
    if (value > samples) {
      throw new UsageError(`--${flag} is ${value}; it must be at most the number of training images, ${samples}`);
    }
  }
  return samples;
}
