/**
 * WGSL in fewer characters: without comments and spaces, and with short names for what a shader declares, but for the names that its host reads: pipeline constants, `main` and `Arguments`. The constants' declarations are left out where the host knows the type: see `compilable`.
 *
 * Format: https://www.w3.org/TR/WGSL/#textual-structure
 */

/** Comments, words, numbers, spaces, operators, and any other character. */
const TOKEN = /\/\/.*|[A-Za-z_]\w*|\d(?:e[+-]|[\w.])*|\s+|[-+*/%&|^<>=!]+|[^]/g;

/** What keeps a space between two tokens: words, and operators, of which two can mean a third one side by side. */
const APART = /^(?:\w\w|[-+*/%&|^<>=!]{2})$/;

/** A shader's tokens, and what it declares. */
interface Shader {
  readonly tokens: readonly string[];
  /** Names of variables, functions, structs and their fields. */
  readonly declared: ReadonlySet<string>;
  /** Those of fields: no other name behind a dot is one of `declared`. */
  readonly fields: ReadonlySet<string>;
}

function shaderOf(text: string): Shader {
  const tokens = text.match(TOKEN)!.filter((token) => !/^(?:\/\/|\s)/.test(token)), code = tokens.join(" ");
  const names = (text: string, pattern: RegExp) => Array.from(text.matchAll(pattern), ([, name]) => name!);
  const fixed = ["main", "Arguments", ...names(code, /\boverride (\w+)/g)];
  const declared = new Set([
    ...names(code, /\b(?:fn|struct|const|let|var(?: < [^>]*>)?) ([A-Za-z]\w*)/g),
    ...names(code, /\b([A-Za-z]\w*) :/g),
  ]);
  for (const name of fixed) declared.delete(name);
  const fields = new Set(names(code, /\bstruct \w+ { ([^}]*)}/g).flatMap((fields) => names(fields, /(\w+) :/g)));
  return { tokens, declared, fields };
}

/** Whether the token at a place is a name that the shader declares. */
function isRenamed({ tokens, declared, fields }: Shader, at: number): boolean {
  const before = tokens[at - 1];
  return declared.has(tokens[at]!) && before !== "@" && (before !== "." || fields.has(tokens[at]!));
}

/** Short names, in the order of their length. */
const SHORT = Array.from(
  ["", ..."0123456789"],
  (digit) => Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", (letter) => letter + digit),
).flat();

/** Shaders in fewer characters. A name that several of them declare is one name in all, so that they compress well together; names that no shader has both of may become the same. */
export function minified(texts: readonly string[]): string[] {
  const shaders = texts.map(shaderOf), counts = new Map<string, number>();
  // What each shader's names may not become.
  const taken = shaders.map((shader) => new Set(shader.tokens.filter((_, at) => !isRenamed(shader, at))));
  for (const shader of shaders) {
    for (const [at, name] of shader.tokens.entries()) {
      if (isRenamed(shader, at)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const names = new Map<string, string>();
  for (const [name] of [...counts].sort(([, a], [, b]) => b - a)) {
    const others = taken.filter((_, i) => shaders[i]!.declared.has(name));
    const short = SHORT.find((short) => others.every((names) => !names.has(short)))!;
    names.set(name, short);
    for (const names of others) names.add(short);
  }
  return shaders.map((shader) => {
    const tokens = shader.tokens.map((token, at) => isRenamed(shader, at) ? names.get(token)! : token);
    return tokens.map((token, at) => APART.test((tokens[at - 1] ?? "").slice(-1) + token[0]) ? ` ${token}` : token)
      .join("").replace(/override \w+:(?:u32|bool);/g, "");
  });
}
