/**
 * The kernels that know only the weights a mask keeps. Here the list is the weights' number, then their places in the
 * tensor, in ascending order.
 *
 * @module
 */
import type { Pointer } from "./memory.ts";

/** The kernels of this family; see `../kernels.ts`. */
export interface LivingKernels {
  /**
   * Lists the weights that the mask keeps, for forward passes and dense layers, and returns how many there are. A dense
   * layer's `conv` is that of a 1x1 convolution over 1x1 pixels. The list is opaque to all but the kernels below; it
   * has room for int32: outputs + 3, and 2 for each weight. What the kernels below compute is to the last bit what
   * their dense counterparts compute with masked weights of 0.
   */
  listLiving(mask: Pointer, living: Pointer, conv: Pointer): number;
  /**
   * Lists them as the gradients by events want them. The list has room for int32: outputs * kernel height * (kernel
   * width * channels / 8, rounded up) + 3, and 2 for each weight.
   */
  listLivingPasses(mask: Pointer, passes: Pointer, conv: Pointer): void;
  /** `pooledConvForward` from living weights alone. */
  livingPooledConvForward(
    x: Pointer,
    weight: Pointer,
    bias: Pointer,
    y: Pointer,
    winner: Pointer,
    living: Pointer,
    scratch: Pointer,
    conv: Pointer,
    pool: Pointer,
  ): void;
  /** `eventWeightGradient` of living weights; the others' gradients are left as they are. */
  livingEventWeightGradient(images: Pointer, events: Pointer, dWeight: Pointer, passes: Pointer, conv: Pointer): void;
  /** `eventInputGradient` from living weights alone. `scratch`: 320 bytes. */
  livingEventInputGradient(
    events: Pointer,
    weight: Pointer,
    dImages: Pointer,
    passes: Pointer,
    scratch: Pointer,
    conv: Pointer,
  ): void;
  /** `denseForward` from living weights alone. `scratch` has room for 8 bytes an input. */
  livingDenseForward(
    x: Pointer,
    weight: Pointer,
    bias: Pointer,
    y: Pointer,
    living: Pointer,
    scratch: Pointer,
    conv: Pointer,
  ): void;
  /** `denseInputGradient` from living weights alone. */
  livingDenseInputGradient(dy: Pointer, weight: Pointer, dx: Pointer, living: Pointer, conv: Pointer): void;
  /** `denseWeightGradient` of living weights; the others' gradients are left as they are. */
  livingDenseWeightGradient(x: Pointer, dy: Pointer, dWeight: Pointer, living: Pointer, conv: Pointer): void;
}
