/**
 * Random numbers that depend on seed, stream and place alone.
 *
 * @example
 * ```ts
 * import { Random } from "@tacet/tacet/random";
 * const random = new Random(1, 0);
 * console.log(random.uniform(), random.integer(10)); // the same everywhere
 * ```
 *
 * @module
 */
export * from "./threefry.ts";
