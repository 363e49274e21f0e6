/**
 * The network of MindArmour's tutorial.
 *
 * @module
 */
import { truncatedNormal } from "./initializers.ts";
import { conv2d, dense, flatten, maxPool2d, relu } from "./layers/mod.ts";
import { type Network, sequential } from "./network.ts";

/**
 * LeNet-5 as MindArmour's tutorial builds it, for images `[1, 32, 32]` and ten classes: conv1 (6 channels, 5x5), pool,
 * conv2 (16, 5x5), pool, both without bias, then fc1 (120), fc2 (84) and fc3 (10) with bias, ReLU between. All first
 * values from a normal(0, 0.05) truncated at two deviations.
 *
 * @param options `seed` (default 1), an unsigned 32-bit integer
 * @throws {RangeError} if the seed is out of range.
 * @example
 * ```ts
 * import { lenet5 } from "@tacet/tacet";
 * console.log(lenet5().parameters.map((parameter) => parameter.name)); // conv1.weight, conv2.weight, fc1.weight, fc1.bias, ...
 * ```
 */
export function lenet5(options: { seed?: number } = {}): Network {
  const init = { weightInit: truncatedNormal(), biasInit: truncatedNormal() };
  return sequential([1, 32, 32], [
    conv2d({ channels: 6, kernel: 5, bias: false, ...init }),
    relu(),
    maxPool2d(),
    conv2d({ channels: 16, kernel: 5, bias: false, ...init }),
    relu(),
    maxPool2d(),
    flatten(),
    dense({ outputs: 120, ...init }),
    relu(),
    dense({ outputs: 84, ...init }),
    relu(),
    dense({ outputs: 10, ...init }),
  ], options);
}
