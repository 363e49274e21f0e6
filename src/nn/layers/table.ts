/**
 * All layers there are, a row each.
 *
 * @module
 */
import { addKind, type AddLayer } from "./add.ts";
import { batchNormKind, type BatchNormLayer } from "./batch_norm.ts";
import { conv2dKind, type Conv2dLayer } from "./conv2d.ts";
import { denseKind, type DenseLayer } from "./dense.ts";
import { dropoutKind, type DropoutLayer } from "./dropout.ts";
import { flattenKind, type FlattenLayer } from "./flatten.ts";
import { geluKind, type GeluLayer } from "./gelu.ts";
import type { ElementwiseKind, JoinsUnits, LayerKind, MakesUnits, PassesUnits } from "./kind.ts";
import { poolKind, type PoolLayer } from "./pool.ts";
import { quantizeKind, type QuantizeLayer } from "./quantize.ts";
import { reluKind, type ReluLayer } from "./relu.ts";
import { sigmoidKind, type SigmoidLayer } from "./sigmoid.ts";

/** Any layer. */
export type Layer =
  | Conv2dLayer
  | DenseLayer
  | ReluLayer
  | SigmoidLayer
  | GeluLayer
  | DropoutLayer
  | QuantizeLayer
  | BatchNormLayer
  | PoolLayer<"maxPool2d">
  | PoolLayer<"averagePool2d">
  | FlattenLayer
  | AddLayer;

/** The layer of a kind. */
export type LayerOf<K extends Layer["kind"]> = Extract<Layer, { readonly kind: K }>;

/** A row for each kind. */
export const KINDS = {
  conv2d: conv2dKind,
  dense: denseKind,
  relu: reluKind,
  sigmoid: sigmoidKind,
  gelu: geluKind,
  dropout: dropoutKind,
  quantize: quantizeKind,
  batchNorm: batchNormKind,
  maxPool2d: poolKind,
  averagePool2d: poolKind,
  flatten: flattenKind,
  add: addKind,
} satisfies { readonly [K in Layer["kind"]]: LayerKind<LayerOf<K>> };

/** The kinds that are functions of single elements. */
export type ElementwiseName = {
  [K in Layer["kind"]]: (typeof KINDS)[K] extends ElementwiseKind ? K : never;
}[Layer["kind"]];

/** All of them. */
export const ELEMENTWISE_NAMES: readonly ElementwiseName[] = (Object.keys(KINDS) as Layer["kind"][])
  .filter((kind): kind is ElementwiseName => "slopeFrom" in KINDS[kind]);

/** The row of a function of single elements; undefined of any other layer. */
export function elementwiseOf(layer: Layer): ElementwiseKind | undefined {
  const kind = kindOf(layer);
  return "slopeFrom" in kind ? kind as ElementwiseKind : undefined;
}

/** Whether a layer is a function of single elements. */
export function isElementwise(layer: Layer): layer is LayerOf<ElementwiseName> {
  return elementwiseOf(layer) !== undefined;
}

/** The row of a layer. */
export function kindOf(layer: Layer): LayerKind<Layer> {
  return KINDS[layer.kind] as LayerKind<Layer>;
}

/** Whether units are made by a layer, or handed on or added up. */
export function makesUnits(units: MakesUnits<Layer> | PassesUnits | JoinsUnits): units is MakesUnits<Layer> {
  return "resized" in units;
}
