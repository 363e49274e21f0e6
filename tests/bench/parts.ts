/** Where the bytes of a bundle go. */
import { gzipSync } from "node:zlib";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment of a source map: base 64, VLQ. */
function numbersOf(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0, shift = 0;
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return numbers;
}

/** The pieces of a bundle, and the source that each is of. */
function piecesOf(code: string, map: string): [text: string, source: string][] {
  const { mappings, sources } = JSON.parse(map) as { mappings: string; sources: string[] };
  const lines = code.split("\n"), pieces: [string, string][] = [];
  let source = 0, owner = "";
  for (const [i, segments] of mappings.split(";").entries()) {
    const line = `${lines[i]}\n`;
    let column = 0;
    for (const segment of segments ? segments.split(",") : []) {
      const [columns = 0, sourcesOn = 0] = numbersOf(segment);
      pieces.push([line.slice(column, column + columns), owner]);
      column += columns;
      source += sourcesOn;
      owner = sources[source]!;
    }
    pieces.push([line.slice(column), owner]);
  }
  return pieces;
}

/** The part that a source belongs to: a folder of `src`, or a file that a build wrote. */
function partOf(source: string): string {
  if (source.includes("node_modules")) return source.replace(/.*node_modules\/(\w+).*/, "$1");
  const path = /src\/(.*)$/.exec(source)?.[1] ?? "mod.ts", folders = path.split("/");
  if (folders[1] === "generated") return path;
  return folders.slice(0, Math.min(2, folders.length - 1)).join("/") || path;
}

/**
 * Bytes of gzip that a bundle has less without each of its parts, most first. Parts share what they have in common: the
 * sum is less than the bundle.
 */
export function gzipByPart(code: string, map: string): [part: string, bytes: number][] {
  const pieces = piecesOf(code, map).map(([text, source]) => [text, partOf(source)] as const);
  const size = (without: string | undefined) =>
    gzipSync(pieces.filter(([, part]) => part !== without).map(([text]) => text).join(""), { level: 9 }).length;
  const all = size(undefined);
  return [...new Set(pieces.map(([, part]) => part))]
    .map((part): [string, number] => [part, all - size(part)]).sort(([, a], [, b]) => b - a);
}
