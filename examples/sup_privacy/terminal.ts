/**
 * What is known of an output stream, without asking for a permission.
 *
 * @module
 */
import process from "node:process";

/** The little that is used of `process.stdout` and `process.stderr`. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Columns of the terminal, from 40 to 200; `otherwise` where the stream is none or does not say. */
export function columnsOf({ isTTY, columns }: Stream, otherwise: number): number {
  return isTTY && columns ? Math.min(200, Math.max(40, columns)) : otherwise;
}

/** Is it a terminal whose user has not set NO_COLOR? See https://no-color.org. */
export function isColourful({ isTTY }: Stream): boolean {
  if (!isTTY) return false;
  // Reading the environment asks for a permission in Deno, which knows NO_COLOR without.
  const { Deno } = globalThis as { Deno?: { readonly noColor: boolean } };
  return Deno ? !Deno.noColor : !process.env.NO_COLOR;
}
