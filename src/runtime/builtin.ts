/**
 * Modules that are built into Node, Deno and Bun. They are asked for, not imported: bundlers for browsers fail at such
 * imports.
 *
 * @module
 */

/** A built-in module such as "node:fs/promises", or undefined where there is none. */
export function builtinModule<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.(name) as T | undefined;
}
