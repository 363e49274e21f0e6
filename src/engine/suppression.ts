/**
 * The rules by which an engine suppresses weights, layer by layer, or whole units.
 *
 * @module
 */

/** The rules of a suppress operation over a layer on the exact path. */
export interface ExactSuppression {
  /**
   * How many weights are to be suppressed, those of before included; the threshold is the `stop`-th smallest
   * magnitude.
   */
  readonly stop: number;
  /** How many weights are left at least; -1 for no limit. */
  readonly minNum: number;
  /** The rate of the update that will carry the operation out. */
  readonly lr: number;
  /** Whether kept weights within 0.005 are moved out to it, once the threshold exceeds 0.0025. */
  readonly isLowerClip: boolean;
  /** Whether kept weights beyond 0.5 receive noise from uniform(-0.1, 0.1). */
  readonly isAddNoise: boolean;
  /** Kept weights beyond this are pulled back to it. */
  readonly upperBound: number;
  /** Seed of the noise, an unsigned 32-bit integer. */
  readonly seed: number;
  /** Stream of the seed from which the noise is drawn: another one for every operation on every layer. */
  readonly stream: number;
}

/** The rules of a suppress operation over a layer on the approximate path. */
export interface ApproximateSuppression {
  /** The threshold is the `rank`-th smallest candidate. */
  readonly rank: number;
  /**
   * Whether it is the layer's first operation: then all magnitudes are candidates, else the distinct ones of the
   * weights kept.
   */
  readonly first: boolean;
  /** The rate of the update that will carry the operation out. */
  readonly lr: number;
}

/** The rules of an operation that silences units of a layer. */
export interface UnitSuppression {
  /** How many units are to be silent, those of before included. */
  readonly target: number;
  /**
   * What makes a unit important: the Euclidean norm of its incoming weights and bias, that of its outgoing weights,
   * or their product.
   */
  readonly importance: UnitImportance;
}

/** A measure of how important a unit is. */
export type UnitImportance = "product" | "incoming" | "outgoing";

/** The measures, each known to the kernels by its place. */
export const UNIT_IMPORTANCES: readonly UnitImportance[] = ["product", "incoming", "outgoing"];
