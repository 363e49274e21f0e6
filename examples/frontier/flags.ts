/**
 * The flags of the frontier, and what they ask for.
 *
 * @module
 */
import { count, type Flag, flagEntry, givenFlags, UsageError } from "../command_line.ts";
import { lenet5 } from "../../mod.ts";
import { SEEN_LAYER } from "../sup_privacy/attacks.ts";
import { SETTINGS } from "./settings.ts";

/** What the command line asks for. */
export interface FrontierSettings {
  readonly data: string | undefined;
  readonly samples: number | undefined;
  readonly epochs: number;
  readonly seeds: number;
  readonly images: number;
  readonly restarts: number;
  readonly layer: string;
  readonly threads: number | undefined;
  /** The ids of the settings that are measured. */
  readonly only: readonly string[];
  readonly out: string;
  readonly json: boolean;
}

/** Words in lines of at most 90 characters. */
function listed(words: readonly string[]): string[] {
  const lines = [""];
  for (const word of words) {
    if (lines.at(-1)!.length + word.length > 90) lines.push("");
    lines[lines.length - 1] += lines.at(-1) ? ` ${word}` : word;
  }
  return lines;
}

/** Every flag there is. */
const FLAGS: readonly Flag[] = [
  {
    name: "data",
    rule: { kind: "folder" },
    value: "DIR",
    about: ["folder with MNIST's four files, gzipped or not. Without it digits are drawn. Deno: --allow-read=DIR"],
  },
  count("samples", 64, 300_000, ["training images: the first so many of DIR (default all), or how many are drawn"]),
  count("epochs", 1, 100, ["epochs for which each network is trained"], 10),
  count("seeds", 1, 100, ["how many times each setting is trained, from the seeds 1, 2, ..."], 3),
  count("images", 1, 5000, ["training images attacked of each network"], 200),
  count("restarts", 1, 64, ["first images of each Adam attack; of the results the one of least loss counts"], 1),
  {
    name: "layer",
    rule: { kind: "choice", choices: lenet5().layers.slice(0, -1).map(({ name }) => name) },
    value: "NAME",
    about: [
      `layer of LeNet-5 whose output the attacker sees (default ${SEEN_LAYER}, behind fc1):`,
      ...listed(lenet5().layers.slice(0, -1).map(({ name }) => name)),
    ],
  },
  count("threads", 1, 64, ["networks trained and attacked at once (default: as many as processors)"]),
  {
    name: "only",
    rule: { kind: "folder" },
    value: "IDS",
    about: ["settings to measure, by commas (default all):", ...listed(SETTINGS.map(({ id }) => id))],
  },
  {
    name: "out",
    rule: { kind: "folder" },
    value: "DIR",
    about: [
      "folder for frontier.json, .html, .png and .md (default out/frontier). A run that was stopped goes on from",
      "frontier.json. Deno: --allow-read=DIR --allow-write=DIR",
    ],
  },
  { name: "json", rule: { kind: "switch" }, about: ["print only frontier.json"] },
  { name: "help", rule: { kind: "switch" }, about: ["print this and stop"] },
];

/**
 * What the arguments ask for, or "help".
 *
 * @throws {UsageError} if a flag is unknown, given twice, without its value, or its value is not allowed.
 */
export function parseFrontierArguments(args: readonly string[]): FrontierSettings | "help" {
  if (args.includes("--help")) return "help";
  const values = givenFlags(FLAGS, args);
  const number = (name: string) =>
    (values.get(name) ?? FLAGS.find((flag) => flag.name === name)!.fallback) as number | undefined;
  const ids = SETTINGS.map(({ id }) => id), only = (values.get("only") as string | undefined)?.split(",") ?? ids;
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw new UsageError(`--only names ${unknown}; there are ${ids.join(", ")}`);
  return {
    data: values.get("data") as string | undefined,
    samples: number("samples"),
    epochs: number("epochs")!,
    seeds: number("seeds")!,
    images: number("images")!,
    restarts: number("restarts")!,
    layer: (values.get("layer") as string | undefined) ?? SEEN_LAYER,
    threads: number("threads"),
    only,
    out: (values.get("out") as string | undefined) ?? "out/frontier",
    json: values.has("json"),
  };
}

/** The help: what the program does, each flag with its default and permission, and the exit statuses. */
export function frontierHelp(): string {
  return `frontier: accuracy against leakage of many ways to train a LeNet-5

It trains each network from several seeds, attacks each by several attacks on the features of its fc1 and by
membership inference, prints what the worst attack finds, and draws it.

  deno run --allow-read --allow-write=out examples/frontier.ts --data DIR [flags]

${FLAGS.map(flagEntry).join("\n")}

Results go to standard output, progress and the time left to standard error.

Exit status: 0 done; 1 a file is missing, broken or cannot be written; 2 the command line is wrong.
`;
}
