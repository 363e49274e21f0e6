/** Bytes to make files of. */

/** All parts, one behind the other. */
export const concatenated = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Bytes that do not compress, so that gzip holds them in several blocks. */
export const noise = (length: number) =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);
