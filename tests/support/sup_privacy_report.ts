/** A report of sup_privacy, made up. */
import type { AttackReport, Report } from "../../examples/sup_privacy/report.ts";

const interval = (mean: number) => ({ mean, low: mean - 0.1, high: mean + 0.1 });

/** As often as that the attack told the image from others. */
export const identified = { mean: 0.5, low: 0.33, high: 0.67, chance: 0.01 };

/** What an attack brought back, at that distance. */
export const attack = (l2: number): AttackReport => ({
  images: 30,
  l2: interval(l2),
  ssim: interval(0.23),
  confidence: interval(0.9),
  predictedRight: 0.8,
  identified,
});

const attacks = (sign: number, adam: number) => ({
  inversion: attack(sign),
  strongInversion: attack(adam),
  decoderInversion: attack(0.4),
});

/** Of the three networks under the three attacks. */
export const REPORT: Report = {
  seed: 1,
  data: { name: "drawn digits", train: 8000, test: 2000 },
  ordinary: { accuracy: 0.95, ...attacks(0.82, 0.7) },
  suppressed: {
    accuracy: 0.93,
    ...attacks(0.78, 0.58),
    sparsity: { total: 0.95, layers: { "conv1.weight": 0.93 } },
    operations: 79,
  },
  unitSuppressed: {
    accuracy: 0.94,
    ...attacks(0.9, 0.88),
    units: 8,
    sparsity: { total: 0.87, layers: { "fc1.weight": 0.93 } },
  },
  seconds: 12.345,
};
