/** LeNet-5 at a given sparsity, for cases that measure what suppression saves. */
import { lenet5MaskLayers, type ParameterStore } from "../../mod.ts";

/**
 * Masks every masked layer of the tutorial to the sparsity, smallest magnitudes first, and sets the masked weights to
 * 0. At sparsity 0 there are no masks.
 */
export async function silence(parameters: ParameterStore, sparsity: number): Promise<void> {
  if (sparsity === 0) return;
  const values = await parameters.values();
  for (const { layerName } of lenet5MaskLayers()) {
    parameters.addMask(layerName);
    const rank = Math.floor(values[layerName]!.length * sparsity);
    await parameters.suppressApproximate(layerName, { rank, first: true, lr: 1 });
  }
  parameters.clearDeWeights();
  parameters.applyMasks();
}

/**
 * Operations after which {@link operations} begins anew: then 1,000 weights of the largest layer have fallen silent.
 */
const OPERATIONS = 50;

/**
 * Suppress operations over all masked layers at the given sparsity and a little beyond, without end: each call is one.
 */
export async function operations(parameters: ParameterStore, sparsity: number): Promise<() => Promise<void>> {
  await silence(parameters, sparsity);
  for (const { layerName } of lenet5MaskLayers()) parameters.addMask(layerName);
  const masks = await parameters.masks();
  const rule = { lr: 0.05, isLowerClip: true, isAddNoise: true, upperBound: 1.2, seed: 1, stream: 1 };
  const layers = lenet5MaskLayers().map(({ layerName, minNum = -1 }) => {
    const mask = masks[layerName]!, suppressed = mask.length - mask.reduce((sum, kept) => sum + kept, 0);
    const stop = Math.min(mask.length - Math.max(minNum, 1), suppressed + 1);
    return { layerName, approximate: mask.length > 10_000, exact: { ...rule, minNum, stop } };
  });
  let done = 0;
  return async () => {
    // Else the layers would run out of weights, and the operations become ever cheaper.
    if (done++ % OPERATIONS === 0) parameters.setMasks(masks);
    for (const { layerName, approximate, exact } of layers) {
      if (!approximate) await parameters.suppressExact(layerName, exact);
      else await parameters.suppressApproximate(layerName, { rank: 20, first: false, lr: rule.lr });
    }
  };
}
