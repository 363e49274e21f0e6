/**
 * Batch normalisation with statistics that no longer change, folded into the layer whose units it normalises.
 *
 * @module
 */
import { finite } from "../checks/numbers.ts";
import { forksOf } from "../nn/forks.ts";
import {
  type Conv2dLayer,
  type DenseLayer,
  type Layer,
  type ParameterValues,
  type PlacedLayer,
  sequential,
  type TrainedNetwork,
} from "../nn/mod.ts";

/** A normalisation directly behind the layer that makes its units. */
interface Fold {
  readonly maker: PlacedLayer;
  readonly norm: PlacedLayer;
  readonly epsilon: number;
}

function foldsOf(layers: readonly PlacedLayer[]): Fold[] {
  const forks = forksOf(layers);
  return layers.flatMap((norm, i): Fold[] => {
    const maker = layers[i - 1];
    if (norm.layer.kind !== "batchNorm" || !maker) return [];
    // A sum takes what is not normalised, too.
    if (forks.has(norm.name)) return [];
    const isMaker = maker.layer.kind === "conv2d" || maker.layer.kind === "dense";
    return isMaker ? [{ maker, norm, epsilon: norm.layer.epsilon }] : [];
  });
}

/** weight' = weight scale and bias' = (bias - mean) scale + shift, where scale = gamma / sqrt(variance + epsilon). */
function folded({ maker, norm, epsilon }: Fold, values: ParameterValues): Record<string, Float32Array> {
  const of = (role: string) => values[`${norm.name}.${role}`]!;
  const gamma = of("weight"), shift = of("bias"), mean = of("running_mean"), variance = of("running_var");
  const scale = Float64Array.from(gamma, (factor, unit) => factor / Math.sqrt(variance[unit]! + epsilon));
  const weight = values[`${maker.name}.weight`]!, bias = values[`${maker.name}.bias`];
  const taps = weight.length / scale.length;
  const results = {
    [`${maker.name}.weight`]: weight.map((value, i) => value * scale[Math.floor(i / taps)]!),
    [`${maker.name}.bias`]: shift.map((own, unit) => ((bias?.[unit] ?? 0) - mean[unit]!) * scale[unit]! + own),
  };
  for (const [name, all] of Object.entries(results)) finite(`${name}, into which ${norm.name} is folded,`, all);
  return results;
}

/**
 * A network in which every batch normalisation directly behind a convolution or dense layer is part of that layer,
 * which then has a bias. In evaluation it gives the same outputs, to rounding.
 *
 * @throws {RangeError} if a value becomes too large for float32.
 */
export function foldNorms({ network, parameters }: TrainedNetwork): TrainedNetwork {
  const folds = foldsOf(network.layers), norms = new Set(folds.map(({ norm }) => norm));
  if (folds.length === 0) return { network, parameters };
  const makers = new Set(folds.map(({ maker }) => maker));
  const layers = network.layers.filter((placed) => !norms.has(placed)).map((placed): Layer => {
    const { name, layer } = placed;
    return makers.has(placed) ? { ...layer as Conv2dLayer | DenseLayer, bias: true, name } : { ...layer, name };
  });
  const smaller = sequential(network.inputShape, layers, { seed: network.seed });
  const values = Object.assign({}, parameters, ...folds.map((fold) => folded(fold, parameters)));
  return {
    network: smaller,
    parameters: Object.fromEntries(smaller.parameters.map(({ name }) => [name, values[name]])),
  };
}
