/**
 * Layers in which the images of a batch depend on each other, and what therefore does not go together with them.
 *
 * @module
 */
import { kindOf } from "./layers/table.ts";
import type { Network, PlacedLayer } from "./network.ts";
import { sizeOf } from "./shape.ts";

/** The layers in which an image's output depends on the others of its batch in a step of training. */
export function mixersOf(network: Network): PlacedLayer[] {
  return network.layers.filter(({ layer }) => kindOf(layer).mixesImages);
}

/**
 * Differential privacy clips the gradient of each example by itself.
 *
 * @throws {TypeError} if an example has no gradient of its own in the network.
 */
export function checkOwnGradients(network: Network): void {
  const [mixer] = mixersOf(network);
  if (!mixer) return;
  throw new TypeError(
    `dpSgd cannot train ${mixer.name}: batch normalisation makes the gradient of an example depend on the others of ` +
      "its batch, so that clipping it does not bound what one of them adds; leave the layer out",
  );
}

/**
 * Statistics of a batch are of more than one value.
 *
 * @throws {RangeError} if a layer would have but one value of a unit.
 */
export function checkStatistics(network: Network, images: number): void {
  if (images > 1) return;
  const lone = mixersOf(network).find(({ outputShape }) => sizeOf(outputShape) === outputShape[0]);
  if (!lone) return;
  throw new RangeError(
    `${lone.name} cannot train on a batch of one image: each unit has one value there, and no variance; ` +
      "take a batch size that leaves no single image at the end of an epoch",
  );
}
