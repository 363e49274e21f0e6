/**
 * Suppress privacy: weights fall silent while a network trains.
 *
 * @module
 */
export { SuppressCtrl, type SuppressOperation } from "./control.ts";
export { lenet5MaskLayers, SuppressPrivacyFactory } from "./factory.ts";
export type { MaskLayer, MaskLayerDes } from "./mask_layer.ts";
export type { UnitLayer, UnitLayerDes } from "./units.ts";
export type { SuppressOptions, SuppressSettings } from "./settings.ts";
