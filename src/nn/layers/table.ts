/**
 * All layers there are, a row each.
 *
 * @module
 */
import { batchNormKind, type BatchNormLayer } from "./batch_norm.ts";
import { conv2dKind, type Conv2dLayer } from "./conv2d.ts";
import { denseKind, type DenseLayer } from "./dense.ts";
import { flattenKind, type FlattenLayer } from "./flatten.ts";
import type { LayerKind, MakesUnits, PassesUnits } from "./kind.ts";
import { poolKind, type PoolLayer } from "./pool.ts";
import { reluKind, type ReluLayer } from "./relu.ts";
import { sigmoidKind, type SigmoidLayer } from "./sigmoid.ts";

/** Any layer. */
export type Layer =
  | Conv2dLayer
  | DenseLayer
  | ReluLayer
  | SigmoidLayer
  | BatchNormLayer
  | PoolLayer<"maxPool2d">
  | PoolLayer<"averagePool2d">
  | FlattenLayer;

/** The layer of a kind. */
export type LayerOf<K extends Layer["kind"]> = Extract<Layer, { readonly kind: K }>;

/** A row for each kind. */
export const KINDS: { readonly [K in Layer["kind"]]: LayerKind<LayerOf<K>> } = {
  conv2d: conv2dKind,
  dense: denseKind,
  relu: reluKind,
  sigmoid: sigmoidKind,
  batchNorm: batchNormKind,
  maxPool2d: poolKind,
  averagePool2d: poolKind,
  flatten: flattenKind,
};

/** The row of a layer. */
export function kindOf(layer: Layer): LayerKind<Layer> {
  return KINDS[layer.kind] as LayerKind<Layer>;
}

/** Whether units are made by a layer, or only handed on. */
export function makesUnits(units: MakesUnits<Layer> | PassesUnits): units is MakesUnits<Layer> {
  return "resized" in units;
}
