/** The exports of the wasm module: the kernels of `src/engine/kernels.ts`, under the same names. */
export { biasGradient, conv2dForward, conv2dInputGradient, conv2dWeightGradient } from "./convolution";
export { denseForward, denseInputGradient, denseWeightGradient } from "./dense";
export { gather } from "./gather";
export { adamStep, featureLoss, imagePriors, signStep } from "./inversion";
export { softmaxCrossEntropy, softmaxCrossEntropyOneHot } from "./loss";
export { pad, unpad } from "./padding";
export { averagePoolForward, averagePoolGradient, maxPoolForward, maxPoolGradient } from "./pooling";
export { fillNormal, fillUniform } from "./random";
export { reluForward, reluGradient } from "./relu";
export { distinctMagnitudes, kthSmallestMagnitude, maxMagnitude } from "./selection";
export { suppressApproximate, suppressExact } from "./suppress";
export { momentum, sgd } from "./update";

/** Where free memory begins: after the module's own constants. */
export const heapBase: usize = __heap_base;
