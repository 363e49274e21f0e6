/**
 * The kernels: one signature, carried out by the reference engine (plain TypeScript) and by the wasm engine (AssemblyScript in `assembly/`).
 *
 * All work on one linear memory. A *pointer* is a byte offset into it, a multiple of 16 (of 4 for a weight inside a tensor); 0 stands for "absent" where a
 * kernel says so. Activations are `[channel][row][column][image]` in float32; the images of a batch are *lanes*, padded to a multiple of 8.
 * Padding lanes may hold anything finite in activations and always hold 0 in gradients. A *mask* is int32 a weight: -1 kept, 0 suppressed.
 * Outputs do not overlap inputs unless a kernel says that they may be the same.
 *
 * @module
 */

/** Lanes of a group: the events of a pooled convolution stand group by group. */
export const GROUP_LANES = 4;

/** Floats from one image to the next in images `[lanes][pixels][channels]`: 32 behind each are to spare, and kernels may touch them. */
export function imageStride(channels: number, pixels: number): number {
  return channels * pixels + 32;
}

/** Order of the int32 fields of a convolution's shape in memory; the input is already padded, `lanes` is a multiple of 8. */
export const CONV_SHAPE = [
  "channels",
  "height",
  "width",
  "outputs",
  "kernelHeight",
  "kernelWidth",
  "strideHeight",
  "strideWidth",
  "lanes",
] as const;

/** Order of the int32 fields of a pooling's shape in memory. */
export const POOL_SHAPE = [
  "channels",
  "height",
  "width",
  "windowHeight",
  "windowWidth",
  "strideHeight",
  "strideWidth",
  "lanes",
] as const;

/** Every kernel. Arguments named like tensors are pointers, the rest are numbers; `shape` points to a record of int32 as above. */
export interface Kernels {
  /** y[o][r][c] = bias[o] + sum over channels and window of weight[o] * x. `bias` may be 0; `scratch` has room for 6 outputs' packed weights (7 * channels * window floats). */
  conv2dForward(x: number, weight: number, bias: number, y: number, scratch: number, shape: number): void;
  /**
   * Convolution, ReLU and max-pool as one: y `[outputs][pooled rows][pooled columns][lanes]`; `winner` (int32, as many as y; may be 0) receives the place of the window's first maximum, row by
   * row, or -1 where that is not positive. `conv` and `pool` are the shapes of the two; `scratch` has room for 6 outputs' packed weights (7 * channels * window floats) and rows of a pooling window, and 64 bytes.
   */
  pooledConvForward(
    x: number,
    weight: number,
    bias: number,
    y: number,
    winner: number,
    scratch: number,
    conv: number,
    pool: number,
  ): void;
  /**
   * The gradients of a pooled convolution as events: an event for each element of dy `[outputs][pooled rows][pooled columns][lanes]` that is not 0 and whose winner is not -1. They stand by output, then
   * by group of {@link GROUP_LANES} lanes, then in the order of dy; each output has room for all that it may have. `events` receives int32 `[outputs][groups + 1]`: where the events of the group begin, and where
   * the output's end; then, from the next even int32 on, pairs of an int32 and a float32: where the winner's window of x begins in images as {@link Kernels.toImages} gives them, in bytes, and the
   * gradient. `scratch` has room for a pooling window + 1 int32.
   */
  winnerEvents(dy: number, winner: number, events: number, scratch: number, conv: number, pool: number): void;
  /** dBias[output] = sum of its events' gradients. */
  eventBiasGradient(events: number, dBias: number, conv: number): void;
  /** dWeight = sum over events of gradient * window of `images`, which is x as {@link Kernels.toImages} gives it. `scratch`: 160 bytes. */
  eventWeightGradient(images: number, events: number, dWeight: number, scratch: number, conv: number): void;
  /**
   * dImages (dx as images) = sum over events of gradient * weight. `scratch` has room for floats: outputs * (kernel height, rounded up to a multiple of 5) * (kernel width * channels + 31).
   */
  eventInputGradient(events: number, weight: number, dImages: number, scratch: number, conv: number): void;
  /** x `[channels][pixels][lanes]` to images `[lanes][pixels][channels]`, each {@link imageStride} floats from the next. */
  toImages(x: number, images: number, channels: number, pixels: number, lanes: number): void;
  /** images `[lanes][pixels][channels]` to x `[channels][pixels][lanes]`. */
  fromImages(images: number, x: number, channels: number, pixels: number, lanes: number): void;

  /**
   * Lists the weights that the mask keeps, for forward passes and dense layers, and returns how many there are. A dense layer's `conv` is that of a 1x1 convolution over 1x1 pixels. The list is opaque to all
   * but the kernels below; it has room for int32: outputs + 3, and 2 for each weight. What the kernels below compute is to the last bit what their dense counterparts compute with masked weights of 0.
   */
  listLiving(mask: number, living: number, conv: number): number;
  /**
   * Lists them as the gradients by events want them. The list has room for int32: outputs * kernel height * (kernel width * channels / 8, rounded up) + 3, and 2 for each weight.
   */
  listLivingPasses(mask: number, passes: number, conv: number): void;
  /** {@link Kernels.pooledConvForward} from living weights alone. */
  livingPooledConvForward(
    x: number,
    weight: number,
    bias: number,
    y: number,
    winner: number,
    living: number,
    scratch: number,
    conv: number,
    pool: number,
  ): void;
  /** {@link Kernels.eventWeightGradient} of living weights; the others' gradients are left as they are. */
  livingEventWeightGradient(images: number, events: number, dWeight: number, passes: number, conv: number): void;
  /** {@link Kernels.eventInputGradient} from living weights alone. `scratch`: 320 bytes. */
  livingEventInputGradient(
    events: number,
    weight: number,
    dImages: number,
    passes: number,
    scratch: number,
    conv: number,
  ): void;
  /** {@link Kernels.denseForward} from living weights alone. `scratch` has room for 8 bytes an input. */
  livingDenseForward(
    x: number,
    weight: number,
    bias: number,
    y: number,
    living: number,
    scratch: number,
    conv: number,
  ): void;
  /** {@link Kernels.denseInputGradient} from living weights alone. */
  livingDenseInputGradient(dy: number, weight: number, dx: number, living: number, conv: number): void;
  /** {@link Kernels.denseWeightGradient} of living weights; the others' gradients are left as they are. */
  livingDenseWeightGradient(x: number, dy: number, dWeight: number, living: number, conv: number): void;
  /** dx from dy: the transposed convolution; every element of dx is written. `scratch` as large as the weight + 64 bytes. */
  conv2dInputGradient(dy: number, weight: number, dx: number, scratch: number, shape: number): void;
  /** dWeight = sum over positions and lanes of dy * x; every element is written. */
  conv2dWeightGradient(x: number, dy: number, dWeight: number, shape: number): void;
  /** dBias[channel] = sum over positions and lanes of dy `[channels][positions][lanes]`. */
  biasGradient(dy: number, dBias: number, channels: number, positions: number, lanes: number): void;
  /** Copies x `[channels][height][width][lanes]` into y with zeros around: `[channels][height + 2 padHeight][width + 2 padWidth][lanes]`. */
  pad(
    x: number,
    y: number,
    channels: number,
    height: number,
    width: number,
    padHeight: number,
    padWidth: number,
    lanes: number,
  ): void;
  /** The reverse of {@link Kernels.pad}: dx is the inside of dy; height and width are dx's. */
  unpad(
    dy: number,
    dx: number,
    channels: number,
    height: number,
    width: number,
    padHeight: number,
    padWidth: number,
    lanes: number,
  ): void;

  /** y[o] = bias[o] + sum over i of weight[o][i] * x[i]. `bias` may be 0. */
  denseForward(
    x: number,
    weight: number,
    bias: number,
    y: number,
    inputs: number,
    outputs: number,
    lanes: number,
  ): void;
  /** dx[i] = sum over o of weight[o][i] * dy[o]. */
  denseInputGradient(dy: number, weight: number, dx: number, inputs: number, outputs: number, lanes: number): void;
  /** dWeight[o][i] = sum over lanes of dy[o] * x[i]. */
  denseWeightGradient(x: number, dy: number, dWeight: number, inputs: number, outputs: number, lanes: number): void;

  /** y = max(x, 0) over `count` floats (a multiple of 4); y may be x. */
  reluForward(x: number, y: number, count: number): void;
  /** dx = y > 0 ? dy : 0; dx may be dy. */
  reluGradient(y: number, dy: number, dx: number, count: number): void;
  /** y = 1 / (1 + e^-x) over `count` floats (a multiple of 4), from float64; y may be x. */
  sigmoidForward(x: number, y: number, count: number): void;
  /** dx = dy * y * (1 - y); dx may be dy. */
  sigmoidGradient(y: number, dy: number, dx: number, count: number): void;
  /** y = maximum over each window; `winner` (int32, as many as y) receives the winner's place in the window, row by row; of equals the first wins. */
  maxPoolForward(x: number, y: number, winner: number, shape: number): void;
  /** dx = dy at the winners, 0 elsewhere, added where windows overlap. */
  maxPoolGradient(dy: number, winner: number, dx: number, shape: number): void;
  /** y = mean over each window. */
  averagePoolForward(x: number, y: number, shape: number): void;
  /** dx = the sum of dy / window size over the windows that hold the pixel. */
  averagePoolGradient(dy: number, dx: number, shape: number): void;

  /**
   * Softmax cross entropy over integer labels (int32 `[lanes]`) for logits `[classes][lanes]`: `losses[lane]`, and the gradient of the mean loss over
   * the first `images` lanes in dLogits (not computed if `dLogits` is 0). Both are 0 in the lanes from `images` on.
   */
  softmaxCrossEntropy(
    logits: number,
    labels: number,
    dLogits: number,
    losses: number,
    classes: number,
    images: number,
    lanes: number,
  ): void;
  /** The same over target probabilities (float32 `[classes][lanes]`), one-hot or soft: loss = -sum of target * log softmax, gradient (sum of targets * softmax - target) / images. */
  softmaxCrossEntropyOneHot(
    logits: number,
    targets: number,
    dLogits: number,
    losses: number,
    classes: number,
    images: number,
    lanes: number,
  ): void;

  /**
   * Mean squared error of y against targets `[count][lanes]`: losses[lane] = the mean over `count` of (y - target)^2, and in dY the gradient of the mean of the losses over the first `images` lanes. Both
   * are 0 in the lanes from `images` on.
   */
  squaredError(
    y: number,
    targets: number,
    dY: number,
    losses: number,
    count: number,
    images: number,
    lanes: number,
  ): void;

  /** weight = (weight - rate * gradient) where kept, exactly 0 where masked; less rate * deWeight if given. `mask` and `deWeight` may be 0; any `count`. */
  sgd(weight: number, gradient: number, mask: number, deWeight: number, count: number, rate: number): void;
  /** velocity = momentum * velocity + gradient (0 where masked); weight as in sgd with velocity for gradient. */
  momentum(
    weight: number,
    gradient: number,
    velocity: number,
    mask: number,
    deWeight: number,
    count: number,
    rate: number,
    momentum: number,
  ): void;

  /** out = (a + b) * factor over any `count` floats; out may be a or b. */
  scaledSum(a: number, b: number, out: number, count: number, factor: number): void;

  /**
   * Adds to squares `[lanes]` the squared length of each image's own gradient of a dense layer's weight, and of its bias if `withBias` is 1, given x `[inputs][lanes]` and dy `[outputs][lanes]`. Masks are not
   * looked at: all weights count.
   */
  denseExampleSquares(
    x: number,
    dy: number,
    squares: number,
    inputs: number,
    outputs: number,
    withBias: number,
    lanes: number,
  ): void;
  /** The same of a convolution, `dy` being that of all its outputs. `scratch` has room for 16 bytes for each value of an image of x and for each position of two outputs. */
  convExampleSquares(x: number, dy: number, squares: number, scratch: number, withBias: number, shape: number): void;
  /**
   * Scales each image's dY `[count][lanes]`, which is the gradient of the mean loss over `images` images, by
   * min(images, bound / sqrt(squares)): what follows from it sums up, over the images, the gradients of their own
   * losses clipped to length `bound`. An image whose squares are not finite is left out: its dY becomes 0, whatever it
   * was.
   */
  clipExamples(dY: number, squares: number, count: number, images: number, lanes: number, bound: number): void;

  /**
   * Resizes uint8 planes `[planes][sourceHeight][sourceWidth]` to `[planes][height][width]`: bilinear, half-pixel centres, edges clamped, with 11-bit coefficients and rounding as OpenCV's.
   * `scratch` has room for 4 * (height + width) int32.
   */
  resize(
    images: number,
    out: number,
    planes: number,
    sourceHeight: number,
    sourceWidth: number,
    height: number,
    width: number,
    scratch: number,
  ): void;
  /**
   * The input of a batch: x `[size][lanes]` from uint8 images `[...][size]`, the lane's image being `indices[lane]` (int32), times `scale` in float32. Lanes from `count` on become 0.
   */
  gather(images: number, indices: number, x: number, count: number, size: number, lanes: number, scale: number): void;

  /** The largest |weight|; 0 if there is none. */
  maxMagnitude(weight: number, count: number): number;
  /**
   * Writes the distinct values of |weight| among those kept by the mask to `out` (room for `count` floats) and returns how many there are. `table` has room for `tableSize`
   * int32, a power of two of at least 2 * count.
   */
  distinctMagnitudes(
    weight: number,
    mask: number,
    count: number,
    out: number,
    table: number,
    tableSize: number,
  ): number;
  /** The k-th smallest |value| (k from 1 to count), by selection; `histogram` has room for 2048 int32. */
  kthSmallestMagnitude(values: number, count: number, k: number, histogram: number): number;
  /**
   * The exact path of a suppress operation over one layer (step 4 of the specification): mask and deWeight are rewritten, returns the number of weights
   * suppressed. Noise for weight i is uniform(-0.1, 0.1) from word 0 of draw i of stream (seed, stream). `lowerClip` and `addNoise` are 0 or 1.
   */
  suppressExact(
    weight: number,
    mask: number,
    deWeight: number,
    count: number,
    stop: number,
    minNum: number,
    threshold: number,
    rate: number,
    lowerClip: number,
    addNoise: number,
    upperBound: number,
    seed: number,
    stream: number,
  ): number;
  /** The approximate path (step 5): mask = |weight| > threshold, deWeight = weight / rate where masked, else 0; returns the number masked. */
  suppressApproximate(
    weight: number,
    mask: number,
    deWeight: number,
    count: number,
    threshold: number,
    rate: number,
  ): number;

  /**
   * How far each lane's features `[count][lanes]` are from its targets: losses[lane] = factor * MSE(features, targets) / MSE(targets, 0), and its gradient in
   * dFeatures. A lane whose targets are all 0 is not divided. Only the first `images` lanes; 0 in the others.
   */
  featureLoss(
    features: number,
    targets: number,
    dFeatures: number,
    losses: number,
    count: number,
    images: number,
    lanes: number,
    factor: number,
  ): void;
  /**
   * Adds to losses[lane] and, by gradient, to dx: vertical * (sum of squared differences of vertical neighbours) + horizontal * (of horizontal neighbours) + square * (sum
   * of squares), over the images x `[channels][height][width][lanes]`.
   */
  imagePriors(
    x: number,
    dx: number,
    losses: number,
    channels: number,
    height: number,
    width: number,
    lanes: number,
    vertical: number,
    horizontal: number,
    square: number,
  ): void;
  /** x = clip(x - rate * sign(dx), low, high); sign(0) = 0. `count` is a multiple of 4. */
  signStep(x: number, dx: number, count: number, rate: number, low: number, high: number): void;
  /**
   * Adam: m = beta1 m + (1 - beta1) dx, v = beta2 v + (1 - beta2) dx^2, x = clip(x - rate * (m * scale1) / (sqrt(v * scale2) + epsilon), low, high), with
   * scale1 = 1 / (1 - beta1^t), scale2 = 1 / (1 - beta2^t).
   */
  adamStep(
    x: number,
    dx: number,
    m: number,
    v: number,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    scale1: number,
    scale2: number,
    low: number,
    high: number,
  ): void;

  /** `count` draws from the uniform distribution over [low, high), rounded to float32: draw i is word 0 of Threefry (seed, stream)(i, 0), over 2^32. */
  fillUniform(out: number, count: number, seed: number, stream: number, low: number, high: number): void;
  /**
   * `count` draws from normal(0, deviation), by Box and Muller from both words u, v of Threefry (seed, stream)(i, attempt): sqrt(-2 log((u + 1) / 2^32)) * cos(2 pi v / 2^32). Attempt 0; where
   * the draw lies beyond `limit` deviations (0: no limit), attempts 1, 2, ... .
   */
  fillNormal(out: number, count: number, seed: number, stream: number, deviation: number, limit: number): void;
}

/** The names of all kernels. */
export type KernelName = keyof Kernels;
