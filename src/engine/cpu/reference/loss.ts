/**
 * Softmax cross entropy, over integer labels or over target probabilities.
 *
 * @module
 */
import type { LossKernels } from "../kernels/loss.ts";
import type { ReferenceMemory } from "./memory.ts";

/** The log of the softmax of one lane; the maximum is taken out first, so that no exponential overflows. */
function logSoftmax(logits: number[]): number[] {
  const largest = Math.max(...logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  const logSum = Math.log(sum);
  return logits.map((logit) => logit - largest - logSum);
}

/**
 * The loss kernels over a memory: logits, dLogits and targets `[classes][lanes]`, labels and losses `[lanes]`. All in
 * float64.
 */
export function loss(
  memory: ReferenceMemory,
): LossKernels {
  /** Both kernels, given the target probability of a class for a lane. */
  function crossEntropy(
    [logits, dLogits, losses]: [number, number, number],
    [classes, images, lanes]: [number, number, number],
    target: (c: number, lane: number) => number,
  ): void {
    const lossOf = memory.floatsAt(losses, lanes).fill(0);
    const gradient = dLogits === 0 ? undefined : memory.floatsAt(dLogits, classes * lanes).fill(0);
    const inputs = memory.floatsAt(logits, classes * lanes);
    for (let lane = 0; lane < images; lane++) {
      const logs = logSoftmax(Array.from({ length: classes }, (_, c) => inputs[c * lanes + lane]!));
      let total = 0;
      let sum = 0;
      for (let c = 0; c < classes; c++) {
        // A target of 0 adds nothing, even where the softmax is 0 and its logarithm without bound.
        if (target(c, lane) !== 0) sum -= target(c, lane) * logs[c]!;
        total += target(c, lane);
      }
      lossOf[lane] = sum;
      if (gradient === undefined) continue;
      for (let c = 0; c < classes; c++) {
        gradient[c * lanes + lane] = (total * Math.exp(logs[c]!) - target(c, lane)) / images;
      }
    }
  }

  return {
    softmaxCrossEntropy(logits, labels, dLogits, losses, classes, images, lanes) {
      const labelOf = memory.intsAt(labels, lanes);
      crossEntropy([logits, dLogits, losses], [classes, images, lanes], (c, lane) => labelOf[lane] === c ? 1 : 0);
    },

    softmaxCrossEntropyOneHot(logits, targets, dLogits, losses, classes, images, lanes) {
      const targetOf = memory.floatsAt(targets, classes * lanes);
      crossEntropy([logits, dLogits, losses], [classes, images, lanes], (c, lane) => targetOf[c * lanes + lane]!);
    },

    squaredError(y, targets, dY, losses, count, images, lanes) {
      const ys = memory.floatsAt(y, count * lanes);
      const ts = memory.floatsAt(targets, count * lanes);
      const gradient = memory.floatsAt(dY, count * lanes).fill(0);
      const lossOf = memory.floatsAt(losses, lanes).fill(0);
      for (let lane = 0; lane < images; lane++) {
        let error = 0;
        for (let i = lane; i < count * lanes; i += lanes) {
          error += (ys[i]! - ts[i]!) ** 2;
          gradient[i] = 2 * (ys[i]! - ts[i]!) / (count * images);
        }
        lossOf[lane] = error / count;
      }
    },
  };
}
