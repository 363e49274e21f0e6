/**
 * Suppress privacy: weights fall silent while a network trains.
 *
 * @example What a control would do in ten epochs of 1875 batches
 * ```ts
 * import { lenet5 } from "@tacet/tacet/nn";
 * import { lenet5MaskLayers, SuppressPrivacyFactory } from "@tacet/tacet/suppress";
 * const control = SuppressPrivacyFactory.create(lenet5(), lenet5MaskLayers(), { batchNum: 1875, sparseEnd: 0.95 });
 * console.log(control.maskStepInterval, control.settings.startEpoch); // 15 3
 * ```
 *
 * @module
 */
export { SuppressCtrl } from "./control.ts";
export { lenet5MaskLayers, SuppressPrivacyFactory } from "./factory.ts";
export type { MaskLayer, MaskLayerDes } from "./mask_layer.ts";
export type { Mechanism, MechanismRun } from "./mechanism.ts";
export type { SuppressOperation } from "./operation.ts";
export type { SuppressPlan } from "./plan.ts";
export type { SuppressOptions, SuppressSettings } from "./settings.ts";
export type { UnitLayer, UnitLayerDes } from "./units.ts";
