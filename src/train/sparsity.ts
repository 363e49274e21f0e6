/**
 * How much of a model is silent.
 *
 * @module
 */
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

/** A weight within this of 0 counts as 0, as to `zeroFraction`. */
const ZERO = 1e-7;

/** How many weights there are, and how many of them are silent. */
interface Counts {
  readonly weights: number;
  readonly masked: number;
  readonly zero: number;
}

function countsOf(values: Float32Array, mask: Uint8Array | undefined): Counts {
  const zero = values.reduce((zeros, value) => zeros + Number(Math.abs(value) <= ZERO), 0);
  return { weights: values.length, masked: mask?.reduce((zeros, kept) => zeros + 1 - kept, 0) ?? 0, zero };
}

/** The share of all of them together. */
function shareOf(all: readonly Counts[]): Share {
  const sum = (field: keyof Counts) => all.reduce((total, { [field]: count }) => total + count, 0);
  const weights = sum("weights"), share = (count: number) => weights === 0 ? 0 : count / weights;
  return { weights, masked: share(sum("masked")), zero: share(sum("zero")) };
}

/** The sparsity of a network with the given values and masks (1 = kept). */
export function sparsityReport(
  network: Network,
  values: ParameterValues,
  masks: Readonly<Record<string, Uint8Array>>,
): SparsityReport {
  const counts = network.parameters.map(({ name }) => [name, countsOf(values[name]!, masks[name])] as const);
  const masked = counts.filter(([name]) => masks[name]);
  const weightsOfConvolutions = network.layers.filter(({ layer }) => layer.kind === "conv2d").map((
    { parameters: { weight } },
  ) => weight!);
  const together = (some: typeof counts) => shareOf(some.map(([, own]) => own));
  return {
    total: together(masked),
    convolutions: together(weightsOfConvolutions.map((index) => counts[index]!)),
    network: together(counts),
    layers: Object.fromEntries(masked.map(([name, own]) => [name, shareOf([own])])),
  };
}
