/**
 * The gradients of a pooled convolution as events: a gradient and the window of the input that it belongs to, and
 * nothing where the gradient is 0.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface EventsKernels {
  /**
   * The gradients of a pooled convolution as events: an event for each element of dy `[outputs][pooled rows][pooled
   * columns][lanes]` that is not 0 and whose winner is not -1. They stand by output, then by group of `GROUP_LANES`
   * lanes, then in the order of dy; each output has room for all that it may have. `events` receives int32
   * `[outputs][groups + 1]`: where the events of the group begin, and where the output's end; then, from the next even
   * int32 on, pairs of an int32 and a float32: where the winner's window of x begins in images as `toImages` gives
   * them, in bytes, and the gradient. `scratch` has room for a pooling window + 1 int32.
   */
  winnerEvents(dy: Pointer, winner: Pointer, events: Pointer, scratch: Pointer, conv: Pointer, pool: Pointer): void;
  /** dBias[output] = sum of its events' gradients. */
  eventBiasGradient(events: Pointer, dBias: Pointer, conv: Pointer): void;
  /**
   * dWeight = sum over events of gradient * window of `images`, which is x as `toImages` gives it. `scratch`: 160
   * bytes.
   */
  eventWeightGradient(images: Pointer, events: Pointer, dWeight: Pointer, scratch: Pointer, conv: Pointer): void;
  /**
   * dImages (dx as images) = sum over events of gradient * weight. `scratch` has room for floats: outputs * (kernel
   * height, rounded up to a multiple of 5) * (kernel width * channels + 31).
   */
  eventInputGradient(events: Pointer, weight: Pointer, dImages: Pointer, scratch: Pointer, conv: Pointer): void;
}
