/**
 * The kernels' bytes as text. What carries JavaScript compresses it on its way, and finds most in text where the same
 * bytes are always the same characters, and names are names: the common bytes are one character each, their own if they
 * have one, the others two. And it finds more where the numbers of local variables, of which instructions are full, do
 * not stand among the instructions: they stand behind them, the last one first.
 *
 * @module
 */

/** The characters: ASCII from "#" to "~"; the last ones only begin a pair. */
const FIRST = 35, CHARACTERS = 92;
/** Bytes that are one character. */
const SINGLES = 90;

/**
 * All bytes, first those of which `common` has the bit: each in its own place where it is a character, the others in
 * what places are left.
 */
function byCommonness(common: bigint): number[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const isCommon = (byte: number) => (common >> BigInt(byte) & 1n) === 1n;
  const others = bytes.filter((byte) => isCommon(byte) && (byte < FIRST || byte >= FIRST + SINGLES));
  const singles = bytes.slice(FIRST, FIRST + SINGLES).map((byte) => isCommon(byte) ? byte : others.shift()!);
  return [...singles, ...bytes.filter((byte) => !isCommon(byte))];
}

/** The 90 most common of `bytes`, as `toText` and `fromText` take them. */
export function commonBytes(bytes: Uint8Array): bigint {
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte]!++;
  const ranks = counts.map((_, byte) => byte).sort((a, b) => counts[b]! - counts[a]!);
  return ranks.slice(0, SINGLES).reduce((common, byte) => common | 1n << BigInt(byte), 0n);
}

/**
 * Whether a local's number comes next: after local.get, local.set, local.tee. Bytes that look like these, but are part
 * of something else, do no harm.
 */
function isOfLocal(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x22;
}

/** The text of bytes. */
export function toText(bytes: Uint8Array, common: bigint): string {
  const order = byCommonness(common), character = (index: number) => String.fromCharCode(FIRST + index);
  const front: number[] = [], back: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    front.push(bytes[i]!);
    if (isOfLocal(bytes[i]!) && i + 1 < bytes.length) back.push(bytes[++i]!);
  }
  return [...front, ...back.reverse()].map((byte) => {
    const index = order.indexOf(byte), rare = index - SINGLES;
    return rare < 0
      ? character(index)
      : character(SINGLES + Math.floor(rare / CHARACTERS)) + character(rare % CHARACTERS);
  }).join("");
}

/** The bytes of a text. */
export function fromText(text: string, common: bigint): Uint8Array<ArrayBuffer> {
  const order = byCommonness(common), told: number[] = [];
  for (let i = 0; i < text.length; i++) {
    let index = text.charCodeAt(i) - FIRST;
    if (index >= SINGLES) index = SINGLES + (index - SINGLES) * CHARACTERS + text.charCodeAt(++i) - FIRST;
    told.push(order[index]!);
  }
  const bytes = new Uint8Array(told.length);
  for (let i = 0, front = 0, back = told.length; front < back;) {
    const byte = bytes[i++] = told[front++]!;
    if (isOfLocal(byte) && front < back) bytes[i++] = told[--back]!;
  }
  return bytes;
}
