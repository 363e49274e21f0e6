/**
 * Shows on standard error how far the work is: a bar where somebody watches a terminal, else a line now and then.
 *
 * @module
 */

/** Where progress is shown. */
export interface Screen {
  /** Receives text as it is, without a line end added. */
  readonly write: (text: string) => void;
  /** A terminal, on which a line can be overwritten? */
  readonly terminal: boolean;
  readonly columns: number;
  /** Seconds from any fixed moment. */
  readonly clock: () => number;
}

/** What a line of progress tells. */
export interface Standing {
  readonly stage: number;
  readonly stages: number;
  readonly title: string;
  /** The share of the stage that is done, from 0 to 1. */
  readonly share: number;
  /** More to tell: "epoch 3/10", "loss 0.12". */
  readonly facts: readonly string[];
  /** Estimated for this stage; undefined as long as nothing can be said. */
  readonly secondsLeft: number | undefined;
}

/** Seconds between two drawings of the bar, and between two plain lines. */
const REDRAW = 0.1, REPEAT = 10;

/** Characters of the bar. */
const LEAST_BAR = 8, MOST_BAR = 24;

/** A duration for people: "8 s", "3 min 5 s". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * One line for a terminal: stage, bar, facts, time left. In a narrow one the first facts are left out, then the end is
 * cut.
 */
export function progressBar(standing: Standing, columns: number): string {
  const { stage, stages, title, share, facts, secondsLeft } = standing;
  const left = secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`];
  const head = `${stage}/${stages} ${title}  `;
  const tails = Array.from({ length: facts.length + 1 }, (_, from) => ["", ...facts.slice(from), ...left].join("  "));
  const room = (tail: string) => columns - head.length - tail.length;
  const tail = tails.find((tail) => room(tail) >= LEAST_BAR) ?? tails.at(-1)!;
  const length = Math.min(MOST_BAR, Math.max(LEAST_BAR, room(tail)));
  const full = Math.round(share * length);
  return `${head}${"█".repeat(full)}${"░".repeat(length - full)}${tail}`.slice(0, columns);
}

/** One line for a log: stage, share, facts, time left. */
export function progressLine({ stage, stages, title, share, facts, secondsLeft }: Standing): string {
  const left = secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`];
  return `${stage}/${stages} ${title}: ${[`${Math.floor(share * 100)} %`, ...facts, ...left].join("  ")}`;
}

/** The progress of a job of several stages. */
export class Progress {
  readonly #screen: Screen;
  readonly #stages: number;
  #stage = 0;
  #title = "";
  #start = 0;
  #shown = -Infinity;
  #barLength = 0;

  constructor(screen: Screen, stages: number) {
    this.#screen = screen;
    this.#stages = stages;
  }

  /** Starts the next stage. */
  begin(title: string): void {
    this.#stage++;
    this.#title = title;
    this.#start = this.#screen.clock();
    this.#shown = this.#start;
    if (this.#screen.terminal) this.#draw(0, []);
  }

  /** Would an update be shown now? Asked first, so that nobody computes what nobody sees. */
  get due(): boolean {
    return this.#screen.clock() - this.#shown >= (this.#screen.terminal ? REDRAW : REPEAT);
  }

  /** Shows how much of the stage is done, if it is time to. */
  update(share: number, facts: readonly string[] = []): void {
    if (this.due) this.#draw(share, facts);
  }

  /** Ends the stage, with a line that stays. */
  end(facts: readonly string[] = []): void {
    const seconds = this.#screen.clock() - this.#start;
    this.note([`${this.#stage}/${this.#stages} ${this.#title}: done in ${duration(seconds)}`, ...facts].join("  "));
  }

  /** A line that stays, in place of the bar. */
  note(line: string): void {
    this.clear();
    this.#screen.write(`${line}\n`);
  }

  /** Removes the bar, so that other output can follow. */
  clear(): void {
    // Overwritten with blanks rather than erased by a control sequence: not every terminal knows that.
    if (this.#barLength > 0) this.#screen.write(`\r${" ".repeat(this.#barLength)}\r`);
    this.#barLength = 0;
  }

  #draw(share: number, facts: readonly string[]): void {
    const { clock, terminal, columns, write } = this.#screen;
    this.#shown = clock();
    const elapsed = this.#shown - this.#start;
    // The first moments say little about the rest.
    const secondsLeft = elapsed < 0.5 || share <= 0 ? undefined : elapsed * (1 - share) / share;
    const standing = { stage: this.#stage, stages: this.#stages, title: this.#title, share, facts, secondsLeft };
    if (!terminal) return write(`${progressLine(standing)}\n`);
    // The last column stays free: writing to it would break the line on some terminals.
    const line = progressBar(standing, columns - 1);
    write(`\r${line.padEnd(this.#barLength)}`);
    this.#barLength = line.length;
  }
}
