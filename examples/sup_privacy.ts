/**
 * The front door: trains a LeNet-5 with suppress privacy beside an ordinary one, attacks both, and shows what leaks.
 *
 *     deno run examples/sup_privacy.ts
 *
 * needs no permission and no data. It also runs in Node (22 or newer) and Bun. `--help` lists the flags.
 *
 * @module
 */
import process from "node:process";
import { DataFormatError, DivergedError, EngineError, FileError } from "../mod.ts";
import { UsageError } from "./command_line.ts";
import { parseArguments, type Settings } from "./sup_privacy/args.ts";
import { caption } from "./sup_privacy/caption.ts";
import { helpText } from "./sup_privacy/help.ts";
import { runJob, STAGES } from "./sup_privacy/job.ts";
import { prepareFolder, saveOutcome } from "./sup_privacy/output.ts";
import { pictures } from "./sup_privacy/pictures.ts";
import { Progress } from "./sup_privacy/progress.ts";
import { reportText } from "./sup_privacy/report.ts";
import { sparsityOf } from "./sup_privacy/sparsity.ts";
import { table } from "./sup_privacy/table.ts";
import { columnsOf, isColourful } from "./sup_privacy/terminal.ts";

const { stdout, stderr } = process;

const clock = () => performance.now() / 1000;

async function run(settings: Settings, progress: Progress): Promise<void> {
  if (settings.out !== undefined) await prepareFolder(settings.out);
  const outcome = await runJob(settings, progress, clock);
  const { report, engine, networks, originals, inversions } = outcome;
  if (settings.out !== undefined) await saveOutcome(settings.out, outcome);
  if (settings.json) {
    stdout.write(reportText(report));
    return;
  }
  const columns = columnsOf(stdout, 100);
  const left = 1 - sparsityOf(networks.ordinary.parameters, networks.suppressed.layers).total;
  stdout.write(`\n${pictures({ originals, inversions }, columns, isColourful(stdout) ? "greys" : "shades")}\n`);
  stdout.write(`${table(report, left)}\n${caption(report, settings, engine, Math.min(columns, 100))}`);
  if (settings.out !== undefined) stdout.write(`\nSaved in ${settings.out}.\n`);
}

/** Runs the program; the exit status. What is not foreseen here is a defect and is thrown on, with its stack. */
async function main(args: readonly string[]): Promise<number> {
  const screen = {
    write: (text: string) => void stderr.write(text),
    terminal: stderr.isTTY === true,
    columns: columnsOf(stderr, 80),
    clock,
  };
  const progress = new Progress(screen, STAGES);
  try {
    const settings = parseArguments(args);
    if (settings === "help") stdout.write(helpText());
    else await run(settings, progress);
    return 0;
  } catch (error) {
    const foreseen = [UsageError, FileError, DataFormatError, EngineError, DivergedError];
    if (!foreseen.some((kind) => error instanceof kind)) throw error;
    progress.note(`sup_privacy: ${(error as Error).message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

// Whoever stops reading, as `head` does, is no error.
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
