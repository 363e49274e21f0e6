/**
 * What a dispatch costs at least: floating-point operations, and bytes if each is read or written once. The formulas
 * are those of gpu/README.md.
 */
import type { Kernel } from "../../src/engine/webgpu/device.ts";
import type { ShaderName } from "../../src/engine/webgpu/shaders.ts";

/** Operations and bytes. */
export interface Cost {
  readonly operations: number;
  readonly bytes: number;
}

/** The constants of a kernel as numbers. */
type Sizes = Readonly<Record<string, number>>;

/** So many operations and bytes for each of `count` elements. */
const each = (operations: number, bytes: number) => ({ count }: Sizes): Cost => ({
  operations: operations * count!,
  bytes: bytes * count!,
});

/** The size is an argument of each dispatch, of one workgroup. */
const unknown = () => undefined;

const product = (...factors: (number | undefined)[]) => factors.reduce<number>((all, factor) => all * factor!, 1);
const window = (c: Sizes) => product(c.channels, c.kernelHeight, c.kernelWidth);
const inside = (c: Sizes) => product(c.channels, c.height, c.width, c.lanes);
const outside = (c: Sizes) => product(c.outputs, c.rows, c.columns, c.lanes);

const COSTS: Readonly<Record<ShaderName, (constants: Sizes) => Cost | undefined>> = {
  gather: (c) => ({
    operations: c.count!,
    bytes: product(c.channels, c.sourceHeight, c.sourceWidth, c.lanes) + 4 * c.count!,
  }),
  convolution(c) {
    // Of a pooled one a quarter is written, and as many winners.
    const written = outside(c) * (c.pooled ? 0.5 : 1);
    return { operations: 2 * outside(c) * window(c), bytes: 4 * (inside(c) + c.outputs! * window(c) + written) };
  },
  convolution_weight_gradient(c) {
    // Behind a pool each gradient comes with its winner and stands for the four places of a window.
    const sums = product(c.outputs, c.taps, c.slices, c.partLanes), read = outside(c) * (c.pooled ? 2 : 1);
    const places = outside(c) * (c.pooled ? 4 : 1);
    return { operations: 2 * places * c.taps!, bytes: 4 * (inside(c) + read + sums) };
  },
  sum_parts(c) {
    const read = 4 * product(c.count, c.quads);
    return { operations: read, bytes: 4 * (read + c.count!) };
  },
  dense(c) {
    const tensors = product(c.terms, c.lanes) + product(c.rows, c.terms) + product(c.rows, c.lanes);
    return { operations: 2 * product(c.rows, c.terms, c.lanes), bytes: 4 * tensors };
  },
  dense_weight_gradient(c) {
    const weights = c.outputs! * (c.inputs! + 1);
    const tensors = product(c.inputs, c.lanes) + product(c.outputs, c.lanes) + weights;
    return { operations: 2 * weights * c.lanes!, bytes: 4 * tensors };
  },
  spread: (c) => ({ operations: 0, bytes: (c.pooled ? 24 : 8) * c.count! }),
  softmax_cross_entropy: (c) => ({
    operations: 8 * product(c.classes, c.lanes),
    bytes: 8 * product(c.classes, c.lanes),
  }),
  squared_error: (c) => ({ operations: 5 * product(c.outputs, c.lanes), bytes: 12 * product(c.outputs, c.lanes) }),
  image_priors: (c) => ({ operations: 14 * product(c.count, c.width), bytes: 12 * product(c.count, c.width) }),
  dense_example_squares(c) {
    const values = (c.inputs! + c.outputs!) * c.lanes!;
    return { operations: 2 * values, bytes: 4 * values };
  },
  convolution_example_squares(c) {
    const read = outside(c) * (c.pooled ? 2 : 1);
    return { operations: 2 * outside(c) * window(c), bytes: 4 * (inside(c) + read + c.count!) };
  },
  clip_examples(c) {
    const values = product(c.outputs, c.lanes), parts = product(c.parts, c.lanes);
    return { operations: values + parts, bytes: 8 * values + 4 * parts };
  },
  add: (c) => each(Number(c.sums), c.sums ? 12 : 8)(c),
  add_gradients: each(1, 12),
  noised_means: each(2, 20),
  sgd: each(3, 20),
  momentum: each(5, 28),
  adam: (c) => each(14, c.pixels ? 28 : 36)(c),
  sign_step: each(3, 12),
  apply_masks: each(1, 8),
  dropout: each(1, 8),
  quantize: each(4, 8),
  quantize_gradient: each(0, 12),
  elementwise: each(1, 8),
  elementwise_gradient: each(1, 12),
  pool(c) {
    const read = product(c.count, c.height, c.width) / product(c.rows, c.columns);
    return {
      operations: product(c.count, c.windowHeight, c.windowWidth),
      bytes: 4 * (read + c.count! * (c.average ? 1 : 2)),
    };
  },
  pool_gradient(c) {
    const read = product(c.count, c.rows, c.columns) / product(c.height, c.width);
    return {
      operations: product(read, c.windowHeight, c.windowWidth),
      bytes: 4 * (c.count! + read * (c.average ? 1 : 2)),
    };
  },
  batch_norm_statistics: (c) => {
    const values = product(c.units, c.places, c.lanes);
    return { operations: 4 * values, bytes: 8 * values };
  },
  batch_norm: each(3, 8),
  batch_norm_parameter_gradients: (c) => {
    const values = product(c.units, c.size);
    return { operations: 4 * values, bytes: 8 * values };
  },
  batch_norm_gradient: each(6, 12),
  batch_norm_running: each(6, 24),
  distinct_magnitudes: unknown,
  kth_magnitude: unknown,
  count_suppressed: unknown,
  unit_importances: unknown,
  silence_units: unknown,
  silence_own: unknown,
  suppress_exact: unknown,
  suppress_approximate: unknown,
};

/** The cost of a kernel with its constants; of those whose sizes are arguments nothing is known: undefined. */
export function costOf({ name, constants }: Kernel): Cost | undefined {
  return COSTS[name](Object.fromEntries(Object.entries(constants).map(([field, value]) => [field, Number(value)])));
}
