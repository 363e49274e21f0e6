/**
 * How much of a model is silent.
 *
 * @module
 */
import { maskedFraction, zeroFraction } from "../metrics/sparsity.ts";
import type { Network, ParameterValues } from "../nn/mod.ts";

/** The silent share of some weights. */
export interface Share {
  /** How many weights these are. */
  readonly weights: number;
  /** The share suppressed by a mask. */
  readonly masked: number;
  /** The share that is 0 to within 1e-7. */
  readonly zero: number;
}

/** The silent share of each masked layer, of all of them, of the convolutions and of the whole network. */
export interface SparsityReport {
  /** All masked parameters together; 0 weights if nothing is masked. */
  readonly total: Share;
  /** All weights of convolutions together. */
  readonly convolutions: Share;
  /** All parameters together. */
  readonly network: Share;
  /** Each masked parameter. */
  readonly layers: Readonly<Record<string, Share>>;
}

function together(shares: readonly Share[]): Share {
  const weights = shares.reduce((sum, share) => sum + share.weights, 0);
  const mean = (field: "masked" | "zero") => {
    const count = shares.reduce((sum, share) => sum + Math.round(share[field] * share.weights), 0);
    return weights === 0 ? 0 : count / weights;
  };
  return { weights, masked: mean("masked"), zero: mean("zero") };
}

/** The sparsity of a network with the given values and masks (1 = kept). */
export function sparsityReport(
  network: Network,
  values: ParameterValues,
  masks: Readonly<Record<string, Uint8Array>>,
): SparsityReport {
  const shares = network.parameters.map(({ name }): readonly [string, Share] => {
    const data = values[name]!, mask = masks[name];
    return [name, { weights: data.length, masked: mask ? maskedFraction(mask) : 0, zero: zeroFraction(data) }];
  });
  const masked = shares.filter(([name]) => masks[name]);
  const weightsOfConvolutions = network.layers.filter(({ layer }) => layer.kind === "conv2d").map((
    { parameters: { weight } },
  ) => weight!);
  return {
    total: together(masked.map(([, share]) => share)),
    convolutions: together(weightsOfConvolutions.map((index) => shares[index]![1])),
    network: together(shares.map(([, share]) => share)),
    layers: Object.fromEntries(masked),
  };
}
