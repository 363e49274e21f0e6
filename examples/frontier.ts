/**
 * The frontier of accuracy and leakage: many ways of training a LeNet-5, each from several seeds, under all attacks.
 *
 *     deno run --allow-read --allow-write=out examples/frontier.ts --data DIR
 *
 * also runs in Node (24 or newer) and Bun. `--help` lists the flags.
 *
 * @module
 */
import process from "node:process";
import { availableParallelism } from "node:os";
import { DataFormatError, FileError } from "../mod.ts";
import { UsageError } from "./command_line.ts";
import { frontierHelp, type FrontierSettings, parseFrontierArguments } from "./frontier/flags.ts";
import { measureMissing, missingCells } from "./frontier/measure_all.ts";
import { saveDrawings } from "./frontier/drawings.ts";
import { openImages } from "./sup_privacy/data.ts";
import { openRecord, recordText, saveRecord } from "./frontier/record.ts";
import { summaries } from "./frontier/summary.ts";
import { frontierTable, legend } from "./frontier/table.ts";

const { stdout, stderr } = process;

async function run(settings: FrontierSettings): Promise<void> {
  const { data, samples, epochs, images, restarts, layer, only, seeds, out } = settings;
  const conditions = {
    data: data === undefined ? "drawn digits" as const : "MNIST" as const,
    samples: samples ?? null,
    epochs,
    images,
    restarts,
    layer,
  };
  const imageSettings = { data, samples, seed: 1, counts: [["images", images]] as const };
  const found = await openRecord(out, conditions), missing = missingCells(found, only, seeds);
  const threads = Math.min(settings.threads ?? availableParallelism(), Math.max(1, missing.length));
  // Here, too: what is wrong with them is told before any worker starts.
  if (missing.length > 0) await openImages(imageSettings);
  const save = (record: typeof found) => saveRecord(out, record);
  const record = await measureMissing(
    found,
    missing,
    { conditions, imageSettings },
    threads,
    save,
    (line) => stderr.write(`${line}\n`),
  );
  await saveDrawings(out, record);
  if (settings.json) stdout.write(recordText(record));
  else stdout.write(`${frontierTable(summaries(record))}\n${legend(record)}\n\nSaved in ${out}.\n`);
}

/** Runs the program; the exit status. What is not foreseen here is a defect and is thrown on, with its stack. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const settings = parseFrontierArguments(args);
    if (settings === "help") stdout.write(frontierHelp());
    else await run(settings);
    return 0;
  } catch (error) {
    const foreseen = [UsageError, FileError, DataFormatError];
    if (!foreseen.some((kind) => error instanceof kind)) throw error;
    stderr.write(`frontier: ${(error as Error).message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
