/**
 * Metrics over a data set.
 *
 * @module
 */
import type { Program } from "../engine/engine.ts";
import type { Metric } from "./options.ts";
import type { TrainingData } from "./training_data.ts";

/**
 * The metrics of a program's output over all images, each by its name.
 *
 * @throws {RangeError} (as a rejection) if a logit is not finite.
 */
export async function evaluate(
  program: Program,
  data: TrainingData,
  by: Readonly<Record<string, Metric>>,
): Promise<Record<string, number>> {
  const metrics = Object.entries(by);
  for (const [, metric] of metrics) metric.clear();
  const whole = data.inOrder?.() ?? data;
  for (const indices of whole.epoch(1, program.batchSize)) {
    program.load(whole, indices);
    program.forward();
    const logits = await program.output();
    const wrong = logits.findIndex((logit) => !Number.isFinite(logit)), classes = logits.length / indices.length;
    if (wrong >= 0) {
      throw new RangeError(
        `the logit of class ${wrong % classes} for image ${indices[Math.floor(wrong / classes)]} of the data is ${
          logits[wrong]
        }; it must be finite`,
      );
    }
    const labels = Array.from(indices, (index) => data.source.labels[index]!);
    for (const [, metric] of metrics) metric.update(logits, labels, classes);
  }
  return Object.fromEntries(metrics.map(([name, metric]) => [name, metric.value()]));
}
