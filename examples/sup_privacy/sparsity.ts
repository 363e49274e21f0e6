/**
 * How many weights are left.
 *
 * @module
 */
import type { ParameterValues } from "../../mod.ts";
import type { Sparsity } from "./report.ts";

/** Shares of the weights of the named layers that are exactly zero: of all together, and of each. */
export function sparsityOf(parameters: ParameterValues, names: readonly string[]): Sparsity {
  let zeros = 0, weights = 0;
  const layers: Record<string, number> = {};
  for (const name of names) {
    const values = parameters[name]!;
    const silent = values.reduce((sum, value) => value === 0 ? sum + 1 : sum, 0);
    layers[name] = silent / values.length;
    zeros += silent;
    weights += values.length;
  }
  return { total: zeros / weights, layers };
}
