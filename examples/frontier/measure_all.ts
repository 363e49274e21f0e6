/**
 * Measures all cells that are still missing, side by side, and keeps each as soon as it is there.
 *
 * @module
 */
import type { ParameterValues } from "../../mod.ts";
import { duration } from "../sup_privacy/progress.ts";
import { type Cell, REFERENCES } from "./cell.ts";
import { type Answer, Pool, type Task, type WorkerSettings } from "./pool.ts";
import type { Record } from "./record.ts";
import { SETTINGS } from "./settings.ts";

/** The cells asked for that a record lacks, all settings of a seed before the next seed. */
export function missingCells(record: Record, only: readonly string[], seeds: number): Pick<Cell, "setting" | "seed">[] {
  return Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    SETTINGS.filter(({ id }) => only.includes(id))
      .filter(({ id }) => !record.cells.some((cell) => cell.setting === id && cell.seed === seed))
      .map(({ id }) => ({ setting: id, seed }))
  );
}

/** In the order of the table, then of the seeds. */
function sorted(cells: readonly Cell[]): Cell[] {
  const place = ({ setting, seed }: Cell) => SETTINGS.findIndex(({ id }) => id === setting) * 1e6 + seed;
  return cells.toSorted((a, b) => place(a) - place(b));
}

/**
 * Completes a record.
 *
 * @param threads workers, each started with the settings
 * @param save told of the record after each new cell, and waited for
 * @param tell receives a line of progress
 */
export async function measureMissing(
  record: Record,
  missing: readonly Pick<Cell, "setting" | "seed">[],
  settings: WorkerSettings,
  threads: number,
  save: (record: Record) => Promise<void>,
  tell: (line: string) => void,
): Promise<Record> {
  if (missing.length === 0) return record;
  const pool = await Pool.start(threads, settings);
  const start = performance.now(), elapsed = () => (performance.now() - start) / 1000;
  try {
    const { name, samples, test, engine } = pool.ready;
    tell(`${name}, ${samples} training images; ${threads} workers, each with ${engine}`);
    const references: ParameterValues[] = [];
    const train = Array.from({ length: REFERENCES }, (_, index): Task => ({ kind: "reference", index }));
    await pool.run(train, (answer, task) => {
      references[(task as { index: number }).index] = (answer as Extract<Answer, { kind: "reference" }>).parameters;
      tell(`reference network ${(task as { index: number }).index + 1} of ${REFERENCES} trained`);
    });
    const begun = elapsed(), tasks = missing.map((cell): Task => ({ kind: "cell", ...cell, references }));
    let current = { ...record, data: { name, train: samples, test }, engine }, done = 0;
    await pool.run(tasks, async (answer) => {
      const { cell } = answer as Extract<Answer, { kind: "cell" }>;
      current = { ...current, cells: sorted([...current.cells, cell]) };
      await save(current);
      done++;
      const left = (elapsed() - begun) * (missing.length - done) / done;
      const title = SETTINGS.find(({ id }) => id === cell.setting)!.title;
      tell(
        `${done}/${missing.length} ${title}, seed ${cell.seed}: accuracy ${cell.accuracy.toFixed(4)}, ` +
          `worst attack identifies ${(100 * worstOf(cell)).toFixed(1)} %` +
          (done < missing.length ? `; ${duration(left)} left` : ""),
      );
    });
    return current;
  } finally {
    await pool.end();
  }
}

/** The greatest share that any of the inversion attacks identifies. */
export function worstOf({ attacks }: Cell): number {
  return Math.max(...Object.values(attacks).map(({ identified }) => identified?.mean ?? 0));
}
