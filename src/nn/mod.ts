/**
 * Networks as values: layers, initialisation, optimizers. Descriptions only; an engine does the arithmetic.
 *
 * @example
 * ```ts
 * import { dense, flatten, relu, sequential } from "@tacet/tacet/nn";
 * const network = sequential([1, 28, 28], [flatten(), dense({ outputs: 32 }), relu(), dense({ outputs: 10 })]);
 * console.log(network.parameters.map(({ name }) => name)); // fc1.weight, fc1.bias, fc2.weight, fc2.bias
 * ```
 *
 * @module
 */
export * from "./initializers.ts";
export * from "./layers/mod.ts";
export * from "./lenet5.ts";
export * from "./network.ts";
export * from "./optimizers.ts";
export type { Fit, FitOptions, SavedParameters } from "./fit.ts";
export * from "./shape.ts";
export type { TrainedNetwork } from "./trained_network.ts";
export type { Units } from "./units.ts";
