/** The network of the edge example: LeNet-5 for images of 28x28, so that a worker need not resize any. */
import { conv2d, dense, flatten, maxPool2d, type Network, relu, sequential, truncatedNormal } from "../../mod.ts";

/** Rows and columns of an image. */
export const SIDE = 28;
/** What a pixel from 0 to 255 is multiplied with, as float32. */
export const SCALE: number = Math.fround(1 / 255);

/** Without the values of its parameters, which are the model's. */
export function edgeNetwork(seed = 1): Network {
  const init = { weightInit: truncatedNormal(), biasInit: truncatedNormal() };
  return sequential([1, SIDE, SIDE], [
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
  ], { seed });
}
