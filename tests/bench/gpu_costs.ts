/** What a dispatch costs at least: floating-point operations, and bytes if each is read or written once. The formulas are those of gpu/README.md. */
import type { Kernel } from "../../src/engine/webgpu/device.ts";

/** Operations and bytes. */
export interface Cost {
  readonly operations: number;
  readonly bytes: number;
}

/** The cost of a kernel with its constants; of those with one workgroup, whose sizes are arguments, nothing is known: undefined. */
export function costOf({ name, constants }: Kernel): Cost | undefined {
  const c = (field: string) => Number(constants[field]);
  const product = (...fields: string[]) => fields.reduce((all, field) => all * c(field), 1);
  const window = () => product("channels", "kernelHeight", "kernelWidth");
  const inside = () => product("channels", "height", "width", "lanes");
  const outside = () => product("outputs", "rows", "columns", "lanes");
  switch (name) {
    case "gather": {
      const source = product("channels", "sourceHeight", "sourceWidth", "lanes");
      return { operations: inside(), bytes: source + 4 * inside() };
    }
    case "convolution": {
      // Of a pooled one a quarter is written, and as many winners.
      const written = outside() * (constants.pooled ? 0.5 : 1);
      return { operations: 2 * outside() * window(), bytes: 4 * (inside() + c("outputs") * window() + written) };
    }
    case "convolution_weight_gradient": {
      // Behind a pool each gradient comes with its winner and stands for the four places of a window.
      const sums = product("outputs", "taps", "slices", "partLanes"), read = outside() * (constants.pooled ? 2 : 1);
      const places = outside() * (constants.pooled ? 4 : 1);
      return { operations: 2 * places * c("taps"), bytes: 4 * (inside() + read + sums) };
    }
    case "sum_parts": {
      const read = 4 * product("outputs", "taps", "quads");
      return { operations: read, bytes: 4 * (read + product("outputs", "taps")) };
    }
    case "dense": {
      const tensors = product("terms", "lanes") + product("rows", "terms") + product("rows", "lanes");
      return { operations: 2 * product("rows", "terms", "lanes"), bytes: 4 * tensors };
    }
    case "dense_weight_gradient": {
      const tensors = product("inputs", "lanes") + product("outputs", "lanes") + c("outputs") * (c("inputs") + 1);
      return { operations: 2 * c("outputs") * (c("inputs") + 1) * c("lanes"), bytes: 4 * tensors };
    }
    case "spread":
      return { operations: 0, bytes: 8 * inside() };
    case "spread_winners":
      return { operations: 0, bytes: 24 * inside() };
    case "softmax_cross_entropy":
      return { operations: 8 * product("classes", "lanes"), bytes: 8 * product("classes", "lanes") };
    case "squared_error":
      return { operations: 5 * product("count", "lanes"), bytes: 12 * product("count", "lanes") };
    case "image_priors":
      return { operations: 14 * inside(), bytes: 12 * inside() };
    case "dense_example_squares": {
      const values = (c("inputs") + c("outputs")) * c("lanes");
      return { operations: 2 * values, bytes: 4 * values };
    }
    case "convolution_example_squares": {
      const read = outside() * (constants.pooled ? 2 : 1), parts = product("outputs", "channels", "lanes");
      return { operations: 2 * outside() * window(), bytes: 4 * (inside() + read + parts) };
    }
    case "clip_examples": {
      const values = product("count", "lanes"), parts = product("parts", "lanes");
      return { operations: values + parts, bytes: 8 * values + 4 * parts };
    }
    case "add_gradients":
      return { operations: c("count"), bytes: 12 * c("count") };
    case "noised_means":
      return { operations: 2 * c("count"), bytes: 20 * c("count") };
    case "sgd":
      return { operations: 3 * c("count"), bytes: 20 * c("count") };
    case "momentum":
      return { operations: 5 * c("count"), bytes: 28 * c("count") };
    case "adam":
      return { operations: 14 * c("count"), bytes: 36 * c("count") };
    case "adam_step":
      return { operations: 14 * c("count"), bytes: 28 * c("count") };
    case "sign_step":
      return { operations: 3 * c("count"), bytes: 12 * c("count") };
    case "relu":
    case "sigmoid":
    case "apply_masks":
      return { operations: c("count"), bytes: 8 * c("count") };
    case "relu_gradient":
    case "sigmoid_gradient":
      return { operations: c("count"), bytes: 12 * c("count") };
    default:
      return undefined;
  }
}
