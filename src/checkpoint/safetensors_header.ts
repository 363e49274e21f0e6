/**
 * The JSON header of a safetensors file, read by a parser for just its shape: an object of objects. It sees what
 * `JSON.parse` hides (a key given twice, a number such as 1e2 or 1.0), needs no recursion, and takes `__proto__` for a
 * name like any other.
 *
 * Format: https://github.com/huggingface/safetensors#format
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";

/** What the header says of one tensor. */
export interface HeaderEntry {
  /** Name of the element type, not checked yet. */
  readonly dtype: string;
  /** Length of each dimension: integers from 0. */
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** Byte after the last. */
  readonly end: number;
}

/** A header: its tensors in the order given, and the free texts under `__metadata__`. */
export interface Header {
  /** By name. */
  readonly entries: Map<string, HeaderEntry>;
  /** By key. */
  readonly metadata: Map<string, string>;
}

/** More dimensions than any tensor has; keeps a hostile header from filling memory with them. */
const MOST_DIMENSIONS = 64;

/**
 * Reads the header's text.
 *
 * @throws {CheckpointError} naming `file` and the place, if it is not a header as the format describes it.
 */
export function parseHeader(text: string, file: string): Header {
  const reader = new HeaderReader(text, file);
  const entries = new Map<string, HeaderEntry>();
  let metadata = new Map<string, string>();
  for (const name of reader.members()) {
    if (name === "__metadata__") metadata = readTexts(reader);
    else entries.set(name, readEntry(reader, name));
  }
  reader.end();
  return { entries, metadata };
}

function readTexts(reader: HeaderReader): Map<string, string> {
  const texts = new Map<string, string>();
  for (const key of reader.members()) texts.set(key, reader.string());
  return texts;
}

function readEntry(reader: HeaderReader, name: string): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  for (const key of reader.members()) {
    if (key === "dtype") dtype = reader.string();
    else if (key === "shape") shape = reader.integers(MOST_DIMENSIONS);
    else if (key === "data_offsets") offsets = reader.integers(2);
    else reader.fail(`key ${quote(key)} of tensor ${quote(name)}`, "dtype, shape and data_offsets only");
  }
  const [begin, end] = offsets ?? [];
  if (dtype === undefined || shape === undefined || begin === undefined || end === undefined) {
    reader.fail(`an incomplete entry of tensor ${quote(name)}`, "dtype, shape and two data_offsets");
  }
  return { dtype, shape, begin, end };
}

/** Walks the text from token to token; every method stands before its token and skips white space first. */
class HeaderReader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  fail(found: string, expected: string): never {
    throw new CheckpointError(this.#file, `${found} at character ${this.#at} of the header`, expected);
  }

  /**
   * The keys of an object, one by one, each once; the caller must read the value of each before asking for the next.
   */
  *members(): Generator<string, void> {
    const keys = new Set<string>();
    this.#expect("{");
    if (this.#accept("}")) return;
    do {
      const key = this.string();
      this.#expect(":");
      if (keys.has(key)) this.fail(`key ${quote(key)} a second time`, "every key once");
      keys.add(key);
      yield key;
    } while (this.#accept(","));
    this.#expect("}");
  }

  /** An array of at most `most` integers from 0. */
  integers(most: number): number[] {
    const values: number[] = [];
    this.#expect("[");
    if (this.#accept("]")) return values;
    do {
      if (values.length === most) this.fail(`more than ${most} numbers`, `at most ${most}`);
      values.push(this.#integer());
    } while (this.#accept(","));
    this.#expect("]");
    return values;
  }

  /** A string, its escapes resolved. */
  string(): string {
    if (this.#peek() !== '"') this.fail(this.#seen(), "a string");
    let close = this.#at + 1;
    while (close < this.#text.length && this.#text[close] !== '"') close += this.#text[close] === "\\" ? 2 : 1;
    let value: unknown;
    try {
      value = JSON.parse(this.#text.slice(this.#at, close + 1));
    } catch {
      this.fail("a string with a bad escape, a control character or no end", "a JSON string");
    }
    // Half a surrogate pair cannot be written as UTF-8 again.
    if (typeof value !== "string" || !value.isWellFormed()) this.fail("a string that is not Unicode", "Unicode");
    this.#at = close + 1;
    return value;
  }

  /** The end of the text: after the object only padding may follow. */
  end(): void {
    if (this.#peek() !== undefined) this.fail(this.#seen(), "nothing but spaces after the last brace");
  }

  #integer(): number {
    if (this.#peek() === undefined) this.fail(this.#seen(), "an integer");
    const digits = /\d*/y;
    digits.lastIndex = this.#at;
    const found = digits.exec(this.#text)![0];
    const value = Number(found);
    if (found === "" || (found[0] === "0" && found.length > 1) || !Number.isSafeInteger(value)) {
      this.fail(found === "" ? this.#seen() : `number ${quote(found)}`, "an integer from 0 to 2^53 - 1");
    }
    this.#at += found.length;
    return value;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) this.fail(this.#seen(), `"${token}"`);
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  /** The next character that is no white space, or undefined at the end. */
  #peek(): string | undefined {
    let next = this.#text[this.#at];
    while (next === " " || next === "\n" || next === "\r" || next === "\t") next = this.#text[++this.#at];
    return next;
  }

  #seen(): string {
    return this.#at < this.#text.length ? quote(this.#text[this.#at]!) : "the end of the text";
  }
}
