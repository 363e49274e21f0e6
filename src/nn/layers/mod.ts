/**
 * The layers a network is made of: descriptions without arithmetic. Their sizes follow from the layer before.
 *
 * @module
 */
export type { AddLayer } from "./add.ts";
export { batchNorm, type BatchNormLayer, type BatchNormOptions } from "./batch_norm.ts";
export { conv2d, type Conv2dLayer, type Conv2dOptions } from "./conv2d.ts";
export { dense, type DenseLayer, type DenseOptions } from "./dense.ts";
export { dropout, type DropoutLayer, type DropoutOptions } from "./dropout.ts";
export { flatten, type FlattenLayer } from "./flatten.ts";
export { gelu, type GeluLayer } from "./gelu.ts";
export type { ParameterRole } from "./kind.ts";
export type { LayerOptions, Size2d, WeightedOptions } from "./options.ts";
export { averagePool2d, maxPool2d, type PoolKind, type PoolLayer, type PoolOptions } from "./pool.ts";
export { quantize, type QuantizeLayer, type QuantizeOptions } from "./quantize.ts";
export { relu, type ReluLayer } from "./relu.ts";
export { type NetworkPart, type Residual, residual } from "./residual.ts";
export { sigmoid, type SigmoidLayer } from "./sigmoid.ts";
export type { Layer } from "./table.ts";
