/**
 * The flags of the example: the one list that parsing and help both read.
 *
 * @module
 */
import { count, type Flag } from "../command_line.ts";

/** Training images drawn where no data are given and `--samples` does not say how many. */
export const DRAWN_TRAINING = 8000;

/** Test images drawn where no data are given. */
export const DRAWN_TEST = 2000;

/** Every flag there is. The upper bounds keep memory below about a gigabyte. */
export const FLAGS: readonly Flag[] = [
  {
    name: "data",
    rule: { kind: "folder" },
    value: "DIR",
    about: [
      "folder with MNIST's four files, gzipped or not. Without it the program draws digits itself.",
      "Deno: --allow-read=DIR",
    ],
  },
  count("samples", 1, 300_000, [
    `training images: the first so many of DIR (default all), or how many are drawn (default ${DRAWN_TRAINING})`,
  ]),
  count("epochs", 1, 100, ["epochs for which each network is trained"], 10),
  count("start-epoch", 1, 100, ["epoch with which suppression starts, at most --epochs"], 3),
  count("mask-times", 1, 1_000_000, ["number of suppress operations (default: one every 15 steps)"]),
  {
    name: "lr",
    rule: { kind: "real", above: 0, high: 0.5, inclusive: true },
    value: "X",
    fallback: 0.05,
    about: ["learning rate of suppressed training, above 0 and at most 0.5"],
  },
  {
    name: "sparse-end",
    rule: { kind: "real", above: 0, high: 1, inclusive: false },
    value: "X",
    fallback: 0.95,
    about: ["share of the weights silenced in the end, above 0 and below 1"],
  },
  count("units", 1, 119, ["units of fc1, of 120, that suppression by unit leaves"], 8),
  count("batch-size", 1, 4096, ["images in a training step"], 32),
  count("seed", 0, 2 ** 32 - 2, ["from which all chance comes: the same seed, the same results"], 1),
  count("attack-images", 1, 2000, ["training images to attack, drawn by the seed"], 30),
  {
    name: "engine",
    rule: { kind: "choice", choices: ["wasm", "wasm-simd128", "webgpu", "reference"] },
    value: "NAME",
    about: [
      "what computes (default: the best that runs here):",
      "wasm          compiled kernels, in the fastest build that this runtime has",
      "wasm-simd128  compiled kernels, in the build that gives the same bits in every runtime",
      "webgpu        shaders on the GPU, also where an adapter computes in software, which is slow",
      "reference     plain TypeScript, very slow: what the kernels are checked against",
    ],
  },
  {
    name: "out",
    rule: { kind: "folder" },
    value: "DIR",
    about: [
      "folder for the four networks (safetensors), report.json and PNG contact sheets",
      "(made if missing; files of these names are replaced). Deno: --allow-read=DIR --allow-write=DIR",
    ],
  },
  { name: "json", rule: { kind: "switch" }, about: ["print only the report, as JSON"] },
  { name: "help", rule: { kind: "switch" }, about: ["print this and stop"] },
];
