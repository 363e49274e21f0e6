/**
 * What the seeds say together.
 *
 * @module
 */
import { type Interval, type KnownInterval, meanInterval, wilsonInterval } from "../../mod.ts";
import type { Cell } from "./cell.ts";
import type { Record } from "./record.ts";
import { type Setting, SETTINGS } from "./settings.ts";

/** The figures of an attack, over images and seeds. */
export interface AttackSummary {
  readonly identified: KnownInterval;
  readonly l2: KnownInterval;
  readonly ssim: KnownInterval;
  readonly confidence: KnownInterval;
}

/** A setting over its seeds. */
export interface Summary {
  readonly setting: Setting;
  readonly seeds: number;
  readonly accuracy: KnownInterval;
  readonly weightsLeft: number;
  readonly attacks: Readonly<{ [attack: string]: AttackSummary }>;
  /** The attack that identifies the most images: what counts for the defender. */
  readonly worst: string;
  /** Area under the curve of membership inference: by the loss, and beside the reference networks' losses. */
  readonly membership: { readonly loss: KnownInterval; readonly calibrated: KnownInterval };
}

/**
 * The mean of the seeds' figures with a 95 % interval: as wide as the choice of images makes it, or, if that is wider,
 * as the seeds differ (Student's t). Both are within [0, `most`].
 */
export function together(figures: readonly Interval[], most = Infinity): KnownInterval {
  const { mean, low, high } = meanInterval(figures.map((figure) => figure.mean));
  const side = (ofSeeds: number | null, ofFigure: (figure: Interval) => number | null) => {
    const widths = figures.map((figure) => (ofFigure(figure) ?? figure.mean) - figure.mean);
    return Math.max(
      Math.abs((ofSeeds ?? mean) - mean),
      Math.sqrt(widths.reduce((sum, w) => sum + w * w, 0)) / widths.length,
    );
  };
  return {
    mean,
    low: Math.max(0, mean - side(low, (figure) => figure.low)),
    high: Math.min(most, mean + side(high, (figure) => figure.high)),
  };
}

function summaryOf(setting: Setting, cells: readonly Cell[], testImages: number): Summary {
  const accuracies = cells.map(({ accuracy }) => wilsonInterval(Math.round(accuracy * testImages), testImages));
  const attacks = Object.fromEntries(
    Object.keys(cells[0]!.attacks).map((name) => {
      const reports = cells.map((cell) => cell.attacks[name]!);
      return [name, {
        identified: together(reports.map(({ identified }) => identified ?? { mean: 0, low: 0, high: 1 }), 1),
        l2: together(reports.map(({ l2 }) => l2)),
        ssim: together(reports.map(({ ssim }) => ssim), 1),
        confidence: together(reports.map(({ confidence }) => confidence), 1),
      }];
    }),
  );
  const names = Object.keys(attacks);
  return {
    setting,
    seeds: cells.length,
    accuracy: together(accuracies, 1),
    weightsLeft: cells.reduce((sum, { weightsLeft }) => sum + weightsLeft, 0) / cells.length,
    attacks,
    worst: names.toSorted((a, b) => attacks[b]!.identified.mean - attacks[a]!.identified.mean)[0]!,
    membership: {
      loss: together(cells.map(({ membership }) => membership.loss.auc), 1),
      calibrated: together(cells.map(({ membership }) => membership.calibrated.auc), 1),
    },
  };
}

/** The settings measured, in the order of the table, each over its seeds. */
export function summaries({ cells, data }: Record): Summary[] {
  return SETTINGS.flatMap((setting) => {
    const own = cells.filter((cell) => cell.setting === setting.id);
    return own.length === 0 ? [] : [summaryOf(setting, own, data!.test)];
  });
}
