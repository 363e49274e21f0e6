/**
 * Shapes of what flows through a network.
 *
 * @module
 */

/** The shape of one image's activation: `[channels, height, width]`, or `[features]` behind a flatten. */
export type Shape = readonly [number] | readonly [number, number, number];

/**
 * The number of elements of a shape: the product of its lengths, 1 for `[]`.
 *
 * @example
 * ```ts
 * import { sizeOf } from "@tacet/tacet";
 * console.log(sizeOf([16, 5, 5])); // 400
 * ```
 */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
