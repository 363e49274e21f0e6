/** The exports of the wasm module: the kernels of `src/engine/cpu/kernels.ts`, under the same names. */
export { batchNormForward, batchNormInputGradient, batchNormParameterGradients, batchStatistics } from "./batch_norm";
export { conv2dForward } from "./convolution";
export { biasGradient, conv2dInputGradient, conv2dWeightGradient } from "./convolution_gradients";
export { denseForward, denseInputGradient, denseWeightGradient } from "./dense";
export { dropout } from "./dropout";
export { geluForward, geluGradient, reluForward, reluGradient, sigmoidForward, sigmoidGradient } from "./elementwise";
export { clipExamples, convExampleSquares, denseExampleSquares } from "./example_gradients";
export { eventBiasGradient, eventInputGradient, eventWeightGradient } from "./events_gradients";
export { winnerEvents } from "./events";
export { gather, resize } from "./gather";
export { fromImages, toImages } from "./images";
export { featureLoss, imagePriors, signStep } from "./inversion";
export { livingEventInputGradient, livingEventWeightGradient } from "./living_events";
export {
  listLiving,
  listLivingPasses,
  livingDenseForward,
  livingDenseInputGradient,
  livingDenseWeightGradient,
  livingPooledConvForward,
} from "./living";
export { softmaxCrossEntropy, softmaxCrossEntropyOneHot, squaredError } from "./loss";
export { pad, unpad } from "./padding";
export { pooledConvForward } from "./pooled_convolution";
export { averagePoolForward, averagePoolGradient, maxPoolForward, maxPoolGradient } from "./pooling";
export { fillNormal, fillUniform } from "./draws";
export { quantizeForward, quantizeGradient } from "./quantize";
export { distinctMagnitudes, kthSmallestMagnitude, maxMagnitude } from "./selection";
export { closeCall, joinCall, joinThreads, openCall } from "./shares";
export { countSuppressed, suppressApproximate, suppressExact } from "./suppress";
export { silentUnits, suppressUnits } from "./units";
export { adamStep, applyMask, momentum, scaledSum, sgd } from "./update";

/** Where free memory begins: after the module's own constants. */
export const heapBase: usize = __heap_base;
