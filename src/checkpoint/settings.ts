/**
 * What a checkpoint remembers besides numbers, as text that reads back as it was.
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";

/**
 * The settings as JSON, refusing what JSON would silently change: NaN to null, a Map to {}.
 *
 * @throws {TypeError} naming the key, if a value is not JSON, or the whole is not an object.
 */
export function settingsAsJson(settings: Readonly<Record<string, unknown>>): string {
  let json: string;
  try {
    json = JSON.stringify(settings, (key, value: unknown) => {
      const kind = typeof value;
      if (
        kind === "bigint" || kind === "function" || kind === "symbol" || (kind === "number" && !Number.isFinite(value))
      ) {
        throw new TypeError(`${quote(key)} is ${kind === "number" ? value : `a ${kind}`}`);
      }
      if (typeof value === "object" && value !== null && !Array.isArray(value) && !isPlain(value)) {
        throw new TypeError(`${quote(key)} is neither a plain object nor an array`);
      }
      return value;
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new TypeError(`settings cannot be written as JSON: ${why}`, { cause });
  }
  if (json?.[0] !== "{") throw new TypeError("settings must be an object");
  return json;
}

/** Made by {...}, in this realm or another, or without a prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * An object from its JSON in a file's metadata.
 *
 * @param what it is called
 * @throws {CheckpointError} if the text is none.
 */
export function readObject(what: string, text = "", fileName: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(fileName, `${what} ${quote(text)}`, "a JSON object", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CheckpointError(fileName, `${what} ${quote(text)}`, "a JSON object");
  }
  return value as Record<string, unknown>;
}
