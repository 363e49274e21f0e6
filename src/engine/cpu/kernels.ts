/**
 * The kernels: one signature, carried out by the reference engine (plain TypeScript) and by the wasm engine
 * (AssemblyScript in `assembly/`).
 *
 * They stand in families, whose files have the same name in `kernels/` (the interface), `reference/` and `assembly/`.
 * Where AssemblyScript needs more room, the family's name is the beginning of a file's: `convolution_gradients.ts`,
 * `events_gradients.ts`, `living_events.ts`. Tools of several families there are `simd.ts`, `shares.ts`, `math.ts`
 * and `weight_gradient.ts`.
 *
 * All work on one linear memory. A *pointer* is a byte offset into it, a multiple of 16 (of 4 for a weight inside a
 * tensor); 0 stands for "absent" where a kernel says so. Activations are `[channel][row][column][image]` in float32;
 * the images of a batch are *lanes*, padded to a multiple of 8. Padding lanes may hold anything finite in activations
 * and always hold 0 in gradients. A *mask* is int32 a weight: -1 kept, 0 suppressed. Outputs do not overlap inputs
 * unless a kernel says that they may be the same.
 *
 * @module
 */
import type { BatchNormKernels } from "./kernels/batch_norm.ts";
import type { ConvolutionKernels } from "./kernels/convolution.ts";
import type { DenseKernels } from "./kernels/dense.ts";
import type { DrawsKernels } from "./kernels/draws.ts";
import type { DropoutKernels } from "./kernels/dropout.ts";
import type { ElementwiseKernels } from "./kernels/elementwise.ts";
import type { EventsKernels } from "./kernels/events.ts";
import type { ExampleGradientsKernels } from "./kernels/example_gradients.ts";
import type { GatherKernels } from "./kernels/gather.ts";
import type { ImagesKernels } from "./kernels/images.ts";
import type { InversionKernels } from "./kernels/inversion.ts";
import type { LivingKernels } from "./kernels/living.ts";
import type { LossKernels } from "./kernels/loss.ts";
import type { PaddingKernels } from "./kernels/padding.ts";
import type { PooledConvolutionKernels } from "./kernels/pooled_convolution.ts";
import type { PoolingKernels } from "./kernels/pooling.ts";
import type { QuantizeKernels } from "./kernels/quantize.ts";
import type { SelectionKernels } from "./kernels/selection.ts";
import type { SuppressKernels } from "./kernels/suppress.ts";
import type { UnitsKernels } from "./kernels/units.ts";
import type { UpdateKernels } from "./kernels/update.ts";

/**
 * Every kernel. Arguments named like tensors are pointers, the rest are numbers; `shape` points to a record of int32.
 */
export interface Kernels
  extends
    ConvolutionKernels,
    PooledConvolutionKernels,
    EventsKernels,
    ImagesKernels,
    LivingKernels,
    PaddingKernels,
    DenseKernels,
    ElementwiseKernels,
    DropoutKernels,
    QuantizeKernels,
    BatchNormKernels,
    PoolingKernels,
    LossKernels,
    UpdateKernels,
    ExampleGradientsKernels,
    GatherKernels,
    SelectionKernels,
    SuppressKernels,
    UnitsKernels,
    InversionKernels,
    DrawsKernels {}

/** The names of all kernels. */
export type KernelName = keyof Kernels;
