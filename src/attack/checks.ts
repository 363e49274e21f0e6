/**
 * Checks of what attacks are given.
 *
 * @module
 */
import { finite, finiteRows } from "../checks/numbers.ts";
import { kindOf } from "../nn/layers/table.ts";
import { judgeWhole } from "../nn/judge.ts";
import { mixersOf } from "../nn/mixing.ts";
import { type Network, type ParameterValues, sizeOf } from "../nn/mod.ts";

/**
 * The range of a pixel.
 *
 * @throws {RangeError} if it is empty or not finite.
 */
export function checkBound(inputBound: readonly [low: number, high: number]): readonly [low: number, high: number] {
  const [low, high] = inputBound;
  if (low < high && Number.isFinite(low) && Number.isFinite(high)) return inputBound;
  throw new RangeError(`inputBound is [${inputBound}]; it must be two numbers, the lower first`);
}

/**
 * Judges parameters for a network that may be a slice: they may be those of the whole.
 *
 * @throws {RangeError} if the values lack some of the network's parameters, have another number of values, or one is
 * not finite.
 * @throws {TypeError} if values are no Float32Array.
 */
export function checkParameters(network: Network, parameters: ParameterValues): void {
  judgeWhole(network.parameters, parameters);
  for (const { name } of network.parameters) finite(`parameters: ${name}`, parameters[name]!);
}

/**
 * The number of whole images that the values make.
 *
 * @param what they are called
 * @param size values of an image
 * @param place what one of them is
 * @throws {RangeError} if there is none, or a part of one, or a value is not finite.
 */
export function countImages(what: string, values: Float32Array, size: number, place = "pixel"): number {
  const count = values.length / size;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `${what} has ${values.length} values; it must hold a whole number of images of ${size} each, at least one`,
    );
  }
  finiteRows(what, values, size, "image", place);
  return count;
}

/**
 * Attacks on gradients take it that these are a sum over images, each by itself, of a network that is known whole: of
 * one that leaves elements out by chance, gradients tell only who knows which.
 *
 * @throws {TypeError} if a layer mixes images or does something in training only.
 */
export function checkLayers(network: Network): void {
  const drawn = network.layers.find(({ layer }) => kindOf(layer).inTrainingOnly), [mixer] = mixersOf(network);
  if (drawn) {
    throw new TypeError(
      `${drawn.name} is a layer of dropout: what it left out in the trainer's step is not known to the attack; ` +
        "give it the network without that layer, as exportModel makes it",
    );
  }
  if (mixer) {
    throw new TypeError(
      `gradients of a network with ${mixer.name} cannot be attacked: by batch normalisation they depend on ` +
        "statistics of the whole batch, for which the attack was not made or measured",
    );
  }
}

/**
 * @throws {RangeError} if `values` are not as many as the network's parameter of that name, there is none, or a value
 * is not finite.
 */
export function checkValues(network: Network, what: string, name: string, values: ArrayLike<number>): void {
  const spec = network.parameters.find((parameter) => parameter.name === name);
  if (!spec) {
    throw new RangeError(`${what} has ${name}; the network has ${network.parameters.map((p) => p.name).join(", ")}`);
  }
  if (values.length !== sizeOf(spec.shape)) {
    throw new RangeError(`${what}: ${name} has ${values.length} values; it must have ${sizeOf(spec.shape)}`);
  }
  finite(`${what}: ${name}`, values);
}
