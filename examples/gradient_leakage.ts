/**
 * What gradients tell: whoever sees the gradient of one training step over one image gets the features in front of fc1
 * in closed form, and from them the image.
 *
 *     deno run --allow-read=DIR examples/gradient_leakage.ts --data DIR
 *
 * also runs in Node (24 or newer) and Bun.
 *
 * @module
 */
import process from "node:process";
import { DataFormatError, FileError } from "../mod.ts";
import { count, type Flag, flagEntry, givenFlags, UsageError } from "./command_line.ts";
import { type Figures, measureLeakage } from "./gradient_leakage/measure.ts";
import { leftOutSentence } from "./sup_privacy/report.ts";

const FLAGS: readonly Flag[] = [
  {
    name: "data",
    rule: { kind: "folder" },
    value: "DIR",
    about: ["folder with MNIST's four files, gzipped or not. Without it digits are drawn. Deno: --allow-read=DIR"],
  },
  count("samples", 640, 300_000, ["training images: the first so many of DIR (default all), or how many are drawn"]),
  count("epochs", 1, 100, ["epochs for which each network is trained"], 6),
  count("images", 1, 1000, ["training images whose gradients are seen, one by one"], 50),
  count("seed", 0, 2 ** 31 - 1, ["from which all chance comes"], 1),
  { name: "json", rule: { kind: "switch" }, about: ["print the figures as JSON"] },
  { name: "help", rule: { kind: "switch" }, about: ["print this and stop"] },
];

function table(figures: readonly Figures[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = figures.map(({ network, labels, features, inversion: { identified, l2, ssim } }) => [
    network,
    percent(labels),
    percent(features),
    identified ? `${percent(identified.mean)} [${percent(identified.low)}, ${percent(identified.high)}]` : "-",
    l2.mean.toFixed(2),
    ssim.mean.toFixed(2),
  ]);
  const all = [["gradient of one image", "labels", "features told", "identified", "L2", "SSIM, data range 1"], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("   ").trimEnd());
  const leftOut = leftOutSentence(figures.map(({ inversion }) => inversion)).trim();
  return [...lines, ...(leftOut ? [leftOut] : []), ""].join("\n");
}

/** Runs the program; the exit status. What is not foreseen here is a defect and is thrown on, with its stack. */
async function main(args: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  try {
    if (args.includes("--help")) {
      stdout.write(`gradient_leakage: what the gradient of one image tells\n\n${FLAGS.map(flagEntry).join("\n")}\n`);
      return 0;
    }
    const values = givenFlags(FLAGS, args);
    const number = (name: string) =>
      (values.get(name) ?? FLAGS.find((flag) => flag.name === name)!.fallback) as number | undefined;
    const settings = {
      data: values.get("data") as string | undefined,
      samples: number("samples"),
      seed: number("seed")!,
      epochs: number("epochs")!,
      images: number("images")!,
      counts: [["images", number("images")!]] as const,
    };
    const figures = await measureLeakage(settings, (line) => stderr.write(`${line}\n`));
    stdout.write(values.has("json") ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
    return 0;
  } catch (error) {
    const foreseen = [UsageError, FileError, DataFormatError];
    if (!foreseen.some((kind) => error instanceof kind)) throw error;
    stderr.write(`gradient_leakage: ${(error as Error).message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
