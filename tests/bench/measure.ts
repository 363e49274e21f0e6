/**
 * How rates are measured: work again and again for a while after a warm-up, several times over, and the median of these
 * runs.
 */

/** Work ready to be timed. */
export interface Timed {
  /** Does the work once. */
  readonly run: () => void | Promise<void>;
  /** Units of work that a run does: steps, batches, images, operations. */
  readonly units: number;
}

/** Seconds of work before anything is timed: compilers optimise in that time, threads start. */
export const WARM_UP = 0.5;
/** Seconds of a timed run, at least; a run does its work at least once. */
export const RUN = 0.3;

/** Units of work per second, over at least the given seconds. */
async function rate({ run, units }: Timed, seconds: number): Promise<number> {
  // Threads and optimising compilers report to the event loop: it must turn between runs that never wait.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const start = performance.now();
  let done = 0, elapsed = 0;
  do {
    const waiting = run();
    if (waiting) await waiting;
    done += units;
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < seconds);
  return done / elapsed;
}

/** Units of work per second in each of so many runs, after a warm-up. */
export async function repeatedRates(timed: Timed, runs: number): Promise<number[]> {
  for (let part = 0; part < 5; part++) await rate(timed, WARM_UP / 5);
  const rates: number[] = [];
  for (let i = 0; i < runs; i++) rates.push(await rate(timed, RUN));
  return rates;
}

/** The middle of the numbers, or the mean of the middle two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
