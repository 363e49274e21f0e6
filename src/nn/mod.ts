/**
 * Networks as values: layers, initialisation, optimizers. Descriptions only; an engine does the arithmetic.
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
export { eachReading, makersOf, type Units, unitsOf } from "./units.ts";
