/**
 * What can be done with the parameters of a program, on whatever engine.
 *
 * @module
 */
import type { Fit, FitOptions, Optimizer, ParameterSpec, ParameterValues, SavedParameters, Units } from "../nn/mod.ts";
import type { ApproximateSuppression, ExactSuppression, UnitSuppression } from "./suppression.ts";

/**
 * The parameters of a program: values, gradients, and the masks of suppressed layers. Names are those of the
 * specifications.
 */
export interface ParameterStore {
  /** Names, shapes and first distributions, in the order of the network. */
  readonly specs: readonly ParameterSpec[];
  /** All values, copied, as they are: where training diverged they may be NaN or infinite. */
  values(): Promise<Record<string, Float32Array>>;
  /**
   * Replaces the values of the named parameters; the others stay. All are judged before the first is replaced.
   *
   * @throws {RangeError} naming every one that is unknown or has another number of values; if a value is not finite.
   * @throws {TypeError} if values are no Float32Array.
   */
  setValues(values: ParameterValues): void;
  /**
   * Makes parameters and masks those of a checkpoint, after all of it was judged. A parameter's mask of before is gone
   * unless the checkpoint has one for it, and gradients, deWeights and the optimizers' means begin anew.
   *
   * @returns what was taken off the names, and what was missing or not taken
   * @throws {RangeError} naming every parameter that is missing, unknown or of another shape, and every mask that fits
   * none.
   * @throws {TypeError} if values are no Float32Array.
   */
  restore(saved: SavedParameters, options?: FitOptions): Fit;
  /** The last gradient of a parameter; 0 for weights that are suppressed and skipped. */
  gradient(name: string): Promise<Float32Array>;
  /**
   * Sets the gradient that the next {@link ParameterStore.update} takes.
   *
   * @throws {RangeError} if a value is not finite, the name is unknown, the number of values is not the parameter's or
   * the parameter is not trained.
   */
  setGradient(name: string, values: Float32Array): void;
  /**
   * Gives a parameter a mask, all kept; it has one from then on.
   *
   * @throws {RangeError} if the name is unknown or the parameter is not trained.
   */
  addMask(name: string): void;
  /** The masks of all parameters that have one: 1 = kept, 0 = suppressed. */
  masks(): Promise<Record<string, Uint8Array>>;
  /**
   * Replaces the named masks, and sets masked weights to 0; a parameter without a mask gets one, the other masks stay.
   * All are judged before the first is replaced.
   *
   * @throws {RangeError} naming every one that is unknown, of another length or not of 0 and 1 alone.
   */
  setMasks(masks: Readonly<Record<string, Uint8Array>>): void;
  /** What the next update takes from the weights of a masked parameter, over the rate, beside the gradient. */
  deWeight(name: string): Promise<Float32Array>;
  /** Sets all deWeights to 0. */
  clearDeWeights(): void;
  /** Adds the gradients to the sums that the rule "dpSgd" takes. */
  addGradients(): void;
  /**
   * The optimizer's update of all parameters from their gradients; masked weights become exactly 0. By "dpSgd" from the
   * sums of gradients, which are 0 afterwards. Nothing but those sums changes once a step has diverged: see {@link
   * Program.diverged}.
   *
   * @param step the number of the step: the noise of "dpSgd" is another one for each. By default the number behind that
   * of the last such update, from 0
   */
  update(optimizer: Optimizer, step?: number): void;
  /** Sets masked weights to 0 now, without waiting for the next update. */
  applyMasks(): void;
  /** The largest magnitude of a parameter. */
  maxMagnitude(name: string): Promise<number>;
  /**
   * A suppress operation on the exact path; the number of weights suppressed. The threshold is the `stop`-th smallest
   * magnitude.
   */
  suppressExact(name: string, rule: ExactSuppression): Promise<number>;
  /**
   * A suppress operation on the approximate path: suppresses up to the `rank`-th smallest candidate (all magnitudes if
   * `first`, else the distinct ones of the weights kept). The number of weights suppressed, or undefined if nothing was
   * done.
   */
  suppressApproximate(name: string, rule: ApproximateSuppression): Promise<number | undefined>;
  /** How many weights of a parameter its mask suppresses; 0 of one that has none. Only the number is read back. */
  countSuppressed(name: string): Promise<number>;
  /**
   * Silences the least important units of a layer, of equals the first, until as many are silent as the rule asks for:
   * the masks keep neither what makes them, nor what reads them, nor what normalisations between have of their own for
   * each (`silencers`), and what is masked becomes 0 at once. A unit is silent that has nothing left of what makes it.
   * Importances, choice and masks are made on the device; only the number is read back. Parameters without a mask get
   * one.
   *
   * A CPU sums squares in float64. A GPU does it in float32 and in another order: of units whose importances are nearly
   * the same it may silence another one than a CPU; of those that are exactly the same, too, it takes the first.
   *
   * @returns the number of units silent now
   * @throws {RangeError} if a name is unknown or the parameter is not trained, the shapes are not those of units, the
   * importance is none, or the target is no number of the layer's units.
   */
  suppressUnits(units: Units, rule: UnitSuppression): Promise<number>;
}
