/**
 * Shaders as they are compiled: with their constants in the text, and some loops written out. The sums of a register
 * tile lie in arrays, which drivers keep in registers only where every index is a number: few of them unroll a loop to
 * see that.
 *
 * @module
 */

/** The values of a shader's constants. */
export type Constants = Readonly<Record<string, number | boolean>>;

/** The head of a loop to be written out: its variable, the literal or constant that ends it, and its step if not 1. */
const MARKED = /@unroll\((\w+)=0u;\1<(\w+);\1(?:\+\+|\+=(\d+)u)\)\{/;

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
function writtenOut(code: string, constants: Constants): string {
  const head = MARKED.exec(code);
  if (!head) return code;
  const [{ length }, variable, bound, step = "1"] = head as unknown as [string, string, string, string?];
  const begin = head.index + length, end = closing(code, begin), body = code.slice(begin, end - 1);
  const stop = Number(constants[bound] ?? parseInt(bound)), name = new RegExp(`\\b${variable}\\b`, "g");
  const blocks: string[] = [];
  for (let k = 0; k < stop; k += Number(step)) {
    blocks.push(`{${writtenOut(body.replace(name, `${k}u`), constants)}}`);
  }
  return code.slice(0, head.index) + blocks.join("\n") + writtenOut(code.slice(end), constants);
}

/**
 * A shader with the values of its constants in its text, and its loops `@unroll` written out. A number is a u32
 * unless the shader declares it as an i32.
 */
export function compilable(code: string, constants: Constants): string {
  let declared = code;
  for (const [name, value] of Object.entries(constants)) {
    const signed = `override ${name}:i32;`, number = code.includes(signed) ? "i32" : "u32";
    const type = typeof value === "boolean" ? "bool" : number;
    declared = `const ${name}=${type}(${value});` + declared.replace(signed, "");
  }
  return writtenOut(declared, constants);
}
