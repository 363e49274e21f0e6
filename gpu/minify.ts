/**
 * WGSL in fewer characters: without comments and spaces, and with short names for what it declares.
 *
 * Format: https://www.w3.org/TR/WGSL/#textual-structure
 */

/** Spaces and comments, but not those between which something may stand; words; numbers; operators; anything else. */
const TOKEN = /(?:\s|\/\/.*)+|[a-zA-Z]\w*|\d(?:e[+-]|[\w.])*|[-+*/%&|^<>=!]+|[^]/g;

/** What keeps a space between two tokens: words, and operators, of which two can mean a third one side by side. */
const APART = /^(?:\w\w|[-+*/%&|^<>=!]{2})$/;

/** Short names, in the order of their length. */
const SHORT = Array.from(
  ["", ..."0123456789"],
  (digit) => Array.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", (letter) => letter + digit),
).flat();

/** A part of a shader whose words must stay different: a function, or what is declared outside of all. */
interface Scope {
  /** Names that are to be shortened. */
  readonly own: ReadonlySet<string>;
  /** What they must not become. */
  readonly taken: Set<string>;
}

interface Token {
  readonly text: string;
  /** Whether it is a name that the shader declares. */
  readonly isOwn: boolean;
}

function namesIn(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, name]) => name!);
}

function scopeOf(tokens: readonly Token[], own: (token: Token) => boolean): Scope {
  const texts = (kind: readonly Token[]) => new Set(kind.map(({ text }) => text));
  return { own: texts(tokens.filter(own)), taken: texts(tokens.filter(({ isOwn }) => !isOwn)) };
}

/** A shader's tokens and scopes. Declarations outside of functions begin at the left margin. */
function shaderOf(text: string, kept: readonly string[]): { tokens: readonly Token[]; scopes: readonly Scope[] } {
  const pattern = /\b(?:(?:fn|struct|const|let|var|var<\w+>) ([a-zA-Z]\w*)\b|(?<!\boverride )([a-zA-Z]\w*):)/g;
  const declared = new Set(Array.from(text.matchAll(pattern), ([, first, second]) => (first ?? second)!));
  for (const name of kept) declared.delete(name);
  const fields = namesIn(text, /\bstruct \w+ \{([^}]*)\}/g).flatMap((fields) => namesIn(fields, /(\w+):/g));
  const tokensOf = (part: string): Token[] => {
    const texts = part.match(TOKEN)!.filter((text) => !/^(?:\s|\/\/)/.test(text));
    // Behind a dot is a field, or a component of a vector.
    const isOwn = (text: string, at: number) => declared.has(text) && (texts[at - 1] !== "." || fields.includes(text));
    return texts.map((text, at) => ({ text, isOwn: isOwn(text, at) }));
  };
  const functions = text.split(/^(?=fn |@)/m).map(tokensOf), tokens = functions.flat();
  const outside = namesIn(text, /^(?:fn|struct|const|var<\w+>) (\w+)/gm);
  return {
    tokens,
    scopes: [
      scopeOf(tokens, ({ text, isOwn }) => isOwn && outside.includes(text)),
      ...functions.map((tokens) => scopeOf(tokens, ({ isOwn }) => isOwn)),
    ],
  };
}

/**
 * Shaders in fewer characters, with the names of their constants and those that are kept. A name that several of them
 * declare is one name in all, so that they compress well together; names that never meet may become the same.
 */
export function minified(texts: readonly string[], kept: readonly string[]): string[] {
  const shaders = texts.map((text) => shaderOf(text, kept)), scopes = shaders.flatMap(({ scopes }) => scopes);
  const counts = new Map<string, number>();
  for (const { text, isOwn } of shaders.flatMap(({ tokens }) => tokens)) {
    if (isOwn) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  for (const [name] of [...counts].sort(([, a], [, b]) => b - a)) {
    const within = scopes.filter(({ own }) => own.has(name));
    const short = SHORT.find((short) => within.every(({ taken }) => !taken.has(short)))!;
    names.set(name, short);
    for (const { taken } of within) taken.add(short);
  }
  return shaders.map(({ tokens }) =>
    tokens.map(({ text, isOwn }) => isOwn ? names.get(text)! : text)
      .reduce((code, text) => code + (APART.test(code.slice(-1) + text[0]) ? " " : "") + text, "")
  );
}
