/** The exports of the wasm module: the kernels of `src/engine/cpu/kernels.ts`, under the same names. */
export { batchNormForward, batchNormInputGradient, batchNormParameterGradients, batchStatistics } from "./batch_norm";
export { conv2dForward } from "./convolution";
export { biasGradient, conv2dInputGradient, conv2dWeightGradient } from "./convolution_gradients";
export { denseForward, denseInputGradient, denseWeightGradient } from "./dense";
export { clipExamples, convExampleSquares, denseExampleSquares } from "./example_gradients";
export { eventBiasGradient, eventInputGradient, eventWeightGradient } from "./event_gradients";
export { winnerEvents } from "./events";
export { gather, resize } from "./gather";
export { fromImages, toImages } from "./images";
export { adamStep, featureLoss, imagePriors, signStep, squaredError } from "./inversion";
export { livingEventInputGradient, livingEventWeightGradient } from "./living_event_gradients";
export {
  listLiving,
  listLivingPasses,
  livingDenseForward,
  livingDenseInputGradient,
  livingDenseWeightGradient,
} from "./living";
export { softmaxCrossEntropy, softmaxCrossEntropyOneHot } from "./loss";
export { pad, unpad } from "./padding";
export { livingPooledConvForward, pooledConvForward } from "./pooled_convolution";
export { averagePoolForward, averagePoolGradient, maxPoolForward, maxPoolGradient } from "./pooling";
export { fillNormal, fillUniform } from "./random";
export { reluForward, reluGradient } from "./relu";
export { distinctMagnitudes, kthSmallestMagnitude, maxMagnitude } from "./selection";
export { sigmoidForward, sigmoidGradient } from "./sigmoid";
export { closeCall, joinCall, joinThreads, openCall } from "./shares";
export { suppressApproximate, suppressExact } from "./suppress";
export { momentum, scaledSum, sgd } from "./update";

/** Where free memory begins: after the module's own constants. */
export const heapBase: usize = __heap_base;
