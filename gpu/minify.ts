/**
 * WGSL in fewer characters: without comments and spaces, and with short names for what a shader declares, but for the names that its host reads: pipeline constants, `main` and `Arguments`.
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

/** Short names, in the order of their length, without those that are taken. */
function* shortNames(taken: ReadonlySet<string>): Generator<string> {
  const letters = Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  for (const digit of ["", ..."0123456789"]) {
    for (const letter of letters) if (!taken.has(letter + digit)) yield letter + digit;
  }
}

/** How often each name that a shader declares stands in it, most first. */
function byFrequency(shader: Shader): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const [at, token] of shader.tokens.entries()) {
    if (isRenamed(shader, at)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Shaders in fewer characters. A name that several of them declare is one name in all, so that they compress well together. */
export function minified(texts: readonly string[]): string[] {
  const shaders = texts.map(shaderOf), names = shaders.map(byFrequency);
  const taken = new Set(shaders.flatMap((shader) => shader.tokens.filter((_, at) => !isRenamed(shader, at))));
  const totals = new Map<string, { total: number; shaders: number }>();
  for (const [name, count] of names.flat()) {
    const { total, shaders } = totals.get(name) ?? { total: 0, shaders: 0 };
    totals.set(name, { total: total + count, shaders: shaders + 1 });
  }
  const short = [...shortNames(taken)], common = [...totals].filter(([, { shaders }]) => shaders > 1);
  const shared = new Map(common.sort(([, a], [, b]) => b.total - a.total).map(([name], i) => [name, short[i]!]));
  return shaders.map((shader, i) => {
    const alone = names[i]!.filter(([name]) => !shared.has(name));
    const own = new Map(alone.map(([name], i) => [name, short[shared.size + i]!]));
    const tokens = shader.tokens.map((token, at) =>
      isRenamed(shader, at) ? shared.get(token) ?? own.get(token)! : token
    );
    return tokens.map((token, at) => APART.test((tokens[at - 1] ?? "").slice(-1) + token[0]) ? ` ${token}` : token)
      .join("");
  });
}
