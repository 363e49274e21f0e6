/**
 * The ways of training that are compared: each holds the training fixed but for the one thing that it is about.
 *
 * @module
 */

/** How weights fall silent, if they do. */
export type Family = "ordinary" | "weights" | "units" | "units and weights" | "differential privacy";

/** A way of training LeNet-5. */
export interface Setting {
  /** Names it in files and flags: "units-8". */
  readonly id: string;
  /** Names it for people: "8 units of fc1". */
  readonly title: string;
  readonly family: Family;
  readonly optimizer: "momentum" | "sgd" | "dpSgd";
  /** Whether the last fifth of the epochs takes a fifth of the rate, as suppression by unit does. */
  readonly slowEnd?: boolean;
  /** The share of the weights silenced in the end. */
  readonly sparseEnd?: number;
  /** The units of fc1 left in the end. */
  readonly units?: number;
  /** The epsilon spent. */
  readonly epsilon?: number;
}

const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`;

const byWeight = [0.80, 0.90, 0.95, 0.98, 0.99, 0.995].map((sparseEnd): Setting => ({
  id: `weights-${100 * sparseEnd}`,
  title: `weights, ${percent(sparseEnd)} silent`,
  family: "weights",
  optimizer: "sgd",
  sparseEnd,
}));

const byUnit = [48, 24, 16, 12, 8, 6, 4, 3, 2].map((units): Setting => ({
  id: `units-${units}`,
  title: `${units} units of fc1`,
  family: "units",
  optimizer: "sgd",
  slowEnd: true,
  units,
}));

// Units fall silent on the schedule of the weights: so few are left only if as great a share of the weights is silent.
const byBoth = [[8, 0.95], [4, 0.97]].map(([units, sparseEnd]): Setting => ({
  id: `units-${units}-weights-${100 * sparseEnd!}`,
  title: `${units} units, weights ${percent(sparseEnd!)}`,
  family: "units and weights",
  optimizer: "sgd",
  slowEnd: true,
  units: units!,
  sparseEnd: sparseEnd!,
}));

const withNoise = [1, 3, 8].map((epsilon): Setting => ({
  id: `epsilon-${epsilon}`,
  title: `DP-SGD, epsilon ${epsilon}`,
  family: "differential privacy",
  optimizer: "dpSgd",
  epsilon,
}));

/** All settings, in the order of the table. */
export const SETTINGS: readonly Setting[] = [
  { id: "momentum", title: "ordinary, momentum", family: "ordinary", optimizer: "momentum" },
  { id: "sgd", title: "ordinary, SGD", family: "ordinary", optimizer: "sgd" },
  { id: "sgd-slow-end", title: "ordinary, SGD, slow end", family: "ordinary", optimizer: "sgd", slowEnd: true },
  ...byWeight,
  ...byUnit,
  ...byBoth,
  ...withNoise,
];
