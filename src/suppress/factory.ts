/**
 * Makes the control of suppressed training.
 *
 * @module
 */
import type { Network, ParameterSpec } from "../nn/mod.ts";
import { SuppressCtrl } from "./control.ts";
import { type MaskLayerDes, resolveMaskLayers } from "./mask_layer.ts";
import { completeSettings, type SuppressOptions } from "./settings.ts";
import { resolveUnitLayers, type UnitLayerDes } from "./units.ts";

/** MindArmour's factory of the same name. */
export class SuppressPrivacyFactory {
  /**
   * A control that suppresses the given layers of a network.
   *
   * @param network the network to train; of one whose units are not suppressed only the parameters are looked at
   * @param maskLayers the layers to suppress: at least one; each once by weight and once by unit
   * @param options see {@link SuppressOptions}
   * @throws {RangeError | TypeError} that names the argument, its value and the rule.
   * @example
   * ```ts
   * import { lenet5, lenet5MaskLayers, SuppressPrivacyFactory } from "@tacet/tacet";
   * const control = SuppressPrivacyFactory.create(lenet5(), lenet5MaskLayers(), { batchNum: 1875, sparseEnd: 0.95 });
   * console.log(control.maskStepInterval, control.warnings); // 15 []
   * ```
   */
  static create(
    network: Network | { readonly parameters: readonly ParameterSpec[] },
    maskLayers: readonly (MaskLayerDes | UnitLayerDes)[],
    options: SuppressOptions = {},
  ): SuppressCtrl {
    if (maskLayers.length === 0) throw new RangeError("maskLayers is empty; suppression needs at least one layer");
    const byUnit = maskLayers.filter((layer) => layer.granularity === "unit");
    if (byUnit.length > 0 && !("layers" in network)) {
      throw new TypeError("units can only be suppressed in a network with layers: hand in the network itself");
    }
    return new SuppressCtrl(
      completeSettings(options),
      resolveMaskLayers(maskLayers.filter((layer) => layer.granularity !== "unit"), network.parameters),
      "layers" in network ? resolveUnitLayers(byUnit, network) : [],
      network.parameters,
    );
  }
}

/**
 * The mask layers that MindArmour's tutorial recommends for {@link lenet5}: the weights of its five layers, all with
 * noise, the convolutions with lower clip.
 *
 * @example
 * ```ts
 * import { lenet5MaskLayers } from "@tacet/tacet";
 * console.log(lenet5MaskLayers().map((layer) => layer.minNum)); // 10, 50, -1, -1, 50
 * ```
 */
export function lenet5MaskLayers(): MaskLayerDes[] {
  return [
    { layerName: "conv1.weight", isAddNoise: true, isLowerClip: true, minNum: 10 },
    { layerName: "conv2.weight", isAddNoise: true, isLowerClip: true, minNum: 50 },
    { layerName: "fc1.weight", isAddNoise: true, isLowerClip: false, minNum: -1 },
    { layerName: "fc2.weight", isAddNoise: true, isLowerClip: false, minNum: -1 },
    { layerName: "fc3.weight", isAddNoise: true, isLowerClip: false, minNum: 50 },
  ];
}
