/**
 * How long a fresh process takes to import the library and to open an engine: another runtime of the same kind runs a
 * small script that tells.
 */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("./import_and_open.ts", import.meta.url));
const execute = promisify(execFile);

// Deno reads what is named while a program runs only with a permission, and would ask a person for it.
const args = process.versions.deno ? ["run", "--no-prompt", "--allow-read", script] : [script];

async function milliseconds(): Promise<number> {
  const { stdout } = await execute(process.execPath, args, { timeout: 60_000 });
  const value = Number(stdout);
  if (!(value > 0)) throw new Error(`${script} printed ${JSON.stringify(stdout)} instead of milliseconds`);
  return value;
}

/** Imports and openings per second in each of so many fresh processes, after one that fills the runtime's caches. */
export async function importRates(runs: number): Promise<number[]> {
  await milliseconds();
  const rates: number[] = [];
  for (let i = 0; i < runs; i++) rates.push(1000 / await milliseconds());
  return rates;
}
