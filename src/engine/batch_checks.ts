/**
 * What every engine demands of a batch and of the data it comes from: an engine must not compute with what does not
 * fit.
 *
 * @module
 */
import { finiteRows, integer, integers } from "../checks/numbers.ts";
import type { Optimizer } from "../nn/mod.ts";
import type { BatchSource } from "./engine.ts";

/** Throws unless a program can be of that batch size. */
export function checkBatchSize(batchSize: number): number {
  return integer("batchSize", batchSize, 1, 65536);
}

/**
 * Refuses a number of images that a program does not take.
 *
 * @param what the call and what it got, for the message: "load: got indices of"
 * @throws {RangeError} that says so.
 */
export function checkCount(what: string, count: number, capacity: number): void {
  if (!Number.isInteger(count) || count < 1 || count > capacity) {
    throw new RangeError(
      `${what} ${count} images; this program takes a whole number from 1 to ${capacity}, its batch size`,
    );
  }
}

/**
 * Refuses data that do not fit the network or themselves.
 *
 * @param shape channels, height and width of the network's input
 * @param classes the network's outputs
 * @throws {RangeError} that says what does not fit.
 */
export function checkSource({ source, size, scale }: BatchSource, shape: readonly number[], classes: number): void {
  const [channels, height, width] = shape as readonly [number, number, number];
  if (source.channels !== channels || size[0] !== height || size[1] !== width) {
    throw new RangeError(
      `the data are images of [${[source.channels, ...size]}] (channels, height, width), ` +
        `but the network takes [${shape}]; resize them with the dataset's \`size\``,
    );
  }
  if (!Number.isFinite(Math.fround(255 * scale))) {
    throw new RangeError(`the data's scale is ${scale}; 255 times it must be finite in float32`);
  }
  if (source.classes > classes) {
    throw new RangeError(`the data have ${source.classes} classes, but the network has ${classes} outputs`);
  }
  const pixels = source.count * channels * source.height * source.width;
  if (source.images.length !== pixels || source.labels.length !== source.count) {
    throw new RangeError(
      `the data say they are ${source.count} images of [${[
        channels,
        source.height,
        source.width,
      ]}], which takes ${pixels} pixels ` +
        `and ${source.count} labels, but hold ${source.images.length} and ${source.labels.length}`,
    );
  }
  const wrong = source.labels.findIndex((label) => label >= source.classes);
  if (wrong >= 0) {
    throw new RangeError(
      `label ${wrong} of the data is ${source.labels[wrong]}, but there are ${source.classes} classes`,
    );
  }
}

/**
 * Refuses an index outside the data.
 *
 * @throws {RangeError} that names it.
 */
export function checkIndex({ labels, count }: BatchSource["source"], index: number): void {
  if (labels[index] === undefined) {
    throw new RangeError(`load: index ${index} is outside the ${count} images of the data`);
  }
}

/**
 * Refuses labels that are not one for each image, or no class of the network.
 *
 * @throws {RangeError} that says so.
 */
export function checkLabels(labels: ArrayLike<number>, count: number, classes: number): void {
  if (labels.length !== count) {
    throw new RangeError(`setInput: labels has ${labels.length} values; there are ${count} images`);
  }
  integers("setInput: labels", labels, 0, classes - 1);
}

/** Throws unless the targets are as many as a batch's outputs and finite, and the optimizer is one for regressions. */
export function checkRegression(targets: Float32Array, images: number, outputs: number, optimizer: Optimizer): void {
  if (targets.length !== images * outputs) {
    throw new RangeError(
      `regressStep takes ${images} images of ${outputs} targets each, got ${targets.length} values`,
    );
  }
  finiteRows("targets", targets, outputs, "image", "target");
  if (optimizer.kind === "dpSgd") {
    throw new TypeError("regressStep clips no gradients: dpSgd trains on labels only, by trainStep");
  }
}
