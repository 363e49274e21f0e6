/**
 * Shaders whose loops are written out. The sums of a register tile lie in arrays, which drivers keep in registers only where every index is a number: few of them unroll a loop to see that.
 *
 * @module
 */

/** The head of a loop to be written out, with or without spaces: its variable, the literal or constant that ends it, and its step if that is not 1. */
const MARKED =
  /\/\*\s*unroll\s*\*\/\s*for\s*\(var (\w+)\s*=\s*0u;\s*\1\s*<\s*(\w+);\s*\1(?:\+\+|\s*\+=\s*(\d+)u)\)\s*\{/;

/** The index behind the brace that closes the one before `from`. */
function closing(code: string, from: number): number {
  let depth = 1, at = from;
  while (depth > 0) {
    const found = /[{}]/.exec(code.slice(at))!;
    depth += found[0] === "{" ? 1 : -1;
    at += found.index + 1;
  }
  return at;
}

/** Writes the marked loops out, the outer ones first. */
function writtenOut(code: string, constants: Readonly<Record<string, number>>): string {
  const head = MARKED.exec(code);
  if (!head) return code;
  const [{ length }, variable, bound, step = "1"] = head as unknown as [string, string, string, string?];
  const begin = head.index + length, end = closing(code, begin), body = code.slice(begin, end - 1);
  const stop = constants[bound] ?? parseInt(bound), name = new RegExp(`\\b${variable}\\b`, "g");
  const blocks: string[] = [];
  for (let k = 0; k < stop; k += Number(step)) {
    blocks.push(`{${writtenOut(body.replace(name, `${k}u`), constants)}}`);
  }
  return code.slice(0, head.index) + blocks.join("\n") + writtenOut(code.slice(end), constants);
}

/** Whether a shader has loops to be written out: then its constants belong into its text. */
export function hasUnrolledLoops(code: string): boolean {
  return MARKED.test(code);
}

/** A shader with its constants in its text, and the loops that are marked `unroll` written out. */
export function unrolled(code: string, constants: Readonly<Record<string, number>>): string {
  const text = code.replace(/\boverride (\w+):\s*(\w+);/g, (_, name: string, type: string) => {
    const value = constants[name]!;
    return `const ${name}: ${type} = ${type === "bool" ? value !== 0 : `${type}(${value})`};`;
  });
  return writtenOut(text, constants);
}
