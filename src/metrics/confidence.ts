/**
 * How sure a network is of a class.
 *
 * @module
 */
import { finite, integer } from "../checks/numbers.ts";
import { exponential } from "./exponential.ts";

/**
 * Softmax probability of class `label`, from the logits of one image: e^logit[label] / sum over classes of e^logit,
 * shifted by the largest logit so that nothing overflows. The same bits on every engine.
 *
 * @throws {RangeError} if a logit is not finite, or `label` is not one of the classes 0 to `logits.length` - 1.
 *
 * @example
 * ```ts
 * import { softmaxProbability } from "@tacet/tacet";
 * console.log(softmaxProbability([1, 1, 1, 1], 2)); // 0.25
 * ```
 */
export function softmaxProbability(logits: ArrayLike<number>, label: number): number {
  const classes = logits.length;
  if (classes === 0) throw new RangeError("logits is empty; there must be at least one class");
  integer("label", label, 0, classes - 1, ", one less than the classes");
  finite("logits", logits);
  let largest = -Infinity;
  for (let i = 0; i < classes; i++) largest = Math.max(largest, logits[i]!);
  let sum = 0;
  for (let i = 0; i < classes; i++) sum += exponential(logits[i]! - largest);
  return exponential(logits[label]! - largest) / sum;
}
