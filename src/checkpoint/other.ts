/**
 * What a checkpoint keeps beside its parameters, in its file: tensors as `other.NAME`; their names, and texts, in the
 * metadata.
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";
import type { Tensor } from "./tensor.ts";

/** Optimizers' state, counters, numbers and texts, by name. */
export type Other = Readonly<Record<string, Tensor | string>>;

const PREFIX = "other.";

/** The tensors under their names in the file, and the text for the metadata. */
export function packOther(other: Other): { readonly tensors: [string, Tensor][]; readonly text: string } {
  const tensors: [string, Tensor][] = [], texts: [string, string][] = [];
  for (const [name, value] of Object.entries(other)) {
    if (typeof value === "string") texts.push([name, value]);
    else tensors.push([PREFIX + name, value]);
  }
  const names = tensors.map(([name]) => name.slice(PREFIX.length)).sort();
  texts.sort(([a], [b]) => a < b ? -1 : 1);
  return { tensors, text: JSON.stringify({ tensors: names, texts }) };
}

/**
 * The inverse of {@linkcode packOther}: takes those tensors out of `tensors`.
 *
 * @throws {CheckpointError} if a tensor is missing, or the text is not one that {@linkcode packOther} writes.
 */
export function takeOther(text: string, tensors: Map<string, Tensor>, fileName: string): Other {
  const fail = (found: string, cause?: unknown): never => {
    throw new CheckpointError(fileName, found, "the names and texts of what is kept beside the parameters", { cause });
  };
  const isPair = (one: unknown) => Array.isArray(one) && one.length === 2 && one.every((s) => typeof s === "string");
  let value: { tensors?: unknown; texts?: unknown } | null | undefined;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    fail(quote(text), cause);
  }
  const names: unknown = value?.tensors, texts: unknown = value?.texts;
  if (!Array.isArray(names) || !Array.isArray(texts) || !texts.every(isPair)) return fail(quote(text));
  const other = new Map<string, Tensor | string>(texts as [string, string][]);
  for (const name of names) {
    const tensor = tensors.get(PREFIX + name);
    if (tensor === undefined || other.has(name)) return fail(`no ${quote(PREFIX + name)}, or another of its name`);
    other.set(name, tensor);
    tensors.delete(PREFIX + name);
  }
  return Object.fromEntries(other);
}
