/**
 * Ways of suppressing units of LeNet-5's fc1, tried beside the library's own: which units are left, when the others
 * fall silent, and what happens besides. Everything but the one thing is held fixed, and each is trained from the same
 * seeds.
 *
 *     node tests/experiments/unit_suppression.ts --data DIR --units 4 --seeds 3
 *
 * `--only random,linear` tries those alone, beside "ours"; `--by neighbours` spares the learned decoder, which takes
 * the most time; of each network `--images` are attacked (default 500); `--samples` trains on fewer images. What is
 * measured goes to standard error and to `--record FILE`, from which a run that was stopped goes on. `--json` prints
 * the figures of every seed.
 *
 * @module
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import process from "node:process";
import {
  type Engine,
  identification,
  ImageInversionAttack,
  lenet5,
  meanInterval,
  openEngine,
  sliceNetwork,
  wilsonInterval,
} from "../../mod.ts";
import { count, type Flag, givenFlags, UsageError } from "../../examples/command_line.ts";
import { byNeighbours, decode } from "../../examples/frontier/measure.ts";
import { together } from "../../examples/frontier/summary.ts";
import { SEEN_LAYER } from "../../examples/sup_privacy/attacks.ts";
import { type Images, lenet5Dataset, openImages } from "../../examples/sup_privacy/data.ts";
import { chooseTargets, type Targets } from "../../examples/sup_privacy/targets.ts";
import { tryOut } from "./trial.ts";
import { VARIANTS } from "./variants.ts";

/** What decides the figures. */
interface Conditions {
  readonly variant: string;
  readonly seed: number;
  readonly units: number;
  /** Images trained on. */
  readonly samples: number;
  /** Images attacked. */
  readonly images: number;
  readonly attacks: string;
}

/** A variant from a seed. */
interface Figures extends Conditions {
  /** Of the test images. */
  readonly accuracy: number;
  /** How many images each attack identified. */
  readonly identified: Readonly<Record<string, number>>;
}

const ATTACKS = ["neighbours", "decoder"] as const;

const FLAGS: readonly Flag[] = [
  { name: "data", rule: { kind: "folder" }, value: "DIR", about: [] },
  { name: "only", rule: { kind: "folder" }, value: "NAMES", about: [] },
  { name: "by", rule: { kind: "choice", choices: ATTACKS }, value: "ATTACK", about: [] },
  { name: "record", rule: { kind: "folder" }, value: "FILE", about: [] },
  { name: "json", rule: { kind: "switch" }, about: [] },
  count("samples", 2000, 60_000, []),
  count("seeds", 1, 100, []),
  count("units", 1, 119, []),
  count("images", 1, 5000, []),
];

/** Reconstructions by each attack. */
async function reconstruct(
  engine: Engine,
  attack: ImageInversionAttack,
  targets: Targets,
  { attacks, seed }: Conditions,
): Promise<Record<string, Float32Array>> {
  const found: Record<string, Float32Array> = {};
  for (const name of attacks.split(",")) {
    found[name] = name === "decoder"
      ? await decode(engine, attack, targets, seed)
      : await byNeighbours(attack, targets);
  }
  return found;
}

async function measure(engine: Engine, source: Images, targets: Targets, conditions: Conditions): Promise<Figures> {
  const { variant, units, seed } = conditions, { originals, decoys } = targets;
  if (!decoys) throw new RangeError("a digit has no decoy: take more --samples");
  const { parameters, accuracy } = await tryOut(engine, VARIANTS[variant]!, units, { ...source, seed });
  const attack = new ImageInversionAttack({ engine, network: sliceNetwork(lenet5(), SEEN_LAYER), parameters });
  const found = await reconstruct(engine, attack, targets, conditions);
  const identified = Object.entries(found).map(([name, reconstructions]) => {
    const { pool, places } = decoys;
    const { ranks } = identification({ size: 32 * 32, originals, reconstructions, pool, decoys: places });
    return [name, ranks.filter((rank) => rank === 1).length] as const;
  });
  return { ...conditions, accuracy, identified: Object.fromEntries(identified) };
}

/** All figures, seed by seed. */
async function measureAll(
  names: readonly string[],
  seeds: number,
  source: Images,
  { record, ...common }: Omit<Conditions, "variant" | "seed"> & { readonly record: string | undefined },
): Promise<Figures[]> {
  const lines = record !== undefined && existsSync(record) ? readFileSync(record, "utf8").split("\n") : [];
  const known = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Figures);
  const engine = await openEngine({ threads: 1 }), network = lenet5(), all: Figures[] = [];
  // Nobody judges how well reconstructions can be read.
  const judge = { network, parameters: await engine.parameters(network.parameters, 1).values() };
  for (let seed = 1; seed <= seeds; seed++) {
    const data = lenet5Dataset(source.train, seed);
    const targets = await chooseTargets(engine, source.train, data, { ...common, seed }, judge);
    for (const variant of names) {
      const conditions: Conditions = { variant, seed, ...common };
      const same = (one: Figures) => Object.entries(conditions).every(([k, v]) => one[k as keyof Conditions] === v);
      const figures = known.find(same) ?? await measure(engine, source, targets, conditions);
      all.push(figures);
      process.stderr.write(`${JSON.stringify(figures)}\n`);
      if (record !== undefined && !known.some(same)) appendFileSync(record, `${JSON.stringify(figures)}\n`);
    }
  }
  return all;
}

/** "4.1 [3.5, 4.8]", or the mean alone where nothing is known of the spread. */
function percent(mean: number, low: number | null, high: number | null, digits: number): string {
  const text = (share: number) => (100 * share).toFixed(digits);
  return low === null || high === null ? text(mean) : `${text(mean)} [${text(low)}, ${text(high)}]`;
}

/** Two cells: the mean of shares over the seeds, and by how much they exceed ours from the same seeds. */
function cells(shares: readonly number[], ours: readonly number[], trials: number, digits: number): string[] {
  const mean = together(shares.map((share) => wilsonInterval(Math.round(share * trials), trials)), 1);
  const beyond = meanInterval(shares.map((share, i) => share - ours[i]!));
  return [mean, beyond].map(({ mean, low, high }) => percent(mean, low, high, digits));
}

function table(all: readonly Figures[], testImages: number): string {
  const attacks = Object.keys(all[0]!.identified), head = ["accuracy", ...attacks.map((name) => `by ${name}`)];
  const of = (name: string) => all.filter(({ variant }) => variant === name), ours = of("ours");
  const rows = [["", ...head.flatMap((name) => [name, "beyond ours"])]];
  for (const name of new Set(all.map(({ variant }) => variant))) {
    const accuracies = [of(name), ours].map((some) => some.map(({ accuracy }) => accuracy));
    rows.push([
      name,
      ...cells(accuracies[0]!, accuracies[1]!, testImages, 2),
      ...attacks.flatMap((attack) => {
        const shares = [of(name), ours].map((some) => some.map((one) => one.identified[attack]! / one.images));
        return cells(shares[0]!, shares[1]!, ours[0]!.images, 1);
      }),
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()).join("\n");
}

async function main(args: readonly string[]): Promise<void> {
  const given = givenFlags(FLAGS, args), text = (name: string) => given.get(name) as string | undefined;
  const number = (name: string, fallback: number) => Number(given.get(name) ?? fallback),
    images = number("images", 500);
  const asked = text("only")?.split(",") ?? Object.keys(VARIANTS), names = [...new Set(["ours", ...asked])];
  const unknown = names.find((name) => !VARIANTS[name]);
  if (unknown) throw new UsageError(`--only names ${unknown}; there are ${Object.keys(VARIANTS).join(", ")}`);
  const samples = given.get("samples") as number | undefined;
  const source = await openImages({ data: text("data"), samples, seed: 1, counts: [["images", images]] });
  const all = await measureAll(names, number("seeds", 3), source, {
    units: number("units", 4),
    samples: source.samples,
    images,
    attacks: text("by") ?? ATTACKS.join(),
    record: text("record"),
  });
  process.stdout.write(`${given.has("json") ? JSON.stringify(all, null, 2) : table(all, source.test.count)}\n`);
}

await main(process.argv.slice(2));
