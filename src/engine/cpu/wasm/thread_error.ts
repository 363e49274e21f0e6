/**
 * What is said when a thread is lost.
 *
 * @module
 */

/**
 * A thread of the engine died or does not answer; what was computed since the last step is lost.
 *
 * @example
 * ```ts
 * import { ThreadError } from "@tacet/tacet";
 * const error: unknown = new ThreadError("thread 1 does not answer");
 * if (error instanceof ThreadError) console.log("open another engine with { threads: 1 }");
 * ```
 */
export class ThreadError extends Error {
  /** "ThreadError". */
  override name = "ThreadError";
}
