/**
 * gzip, unpacked within bounds: of memory, of time, and of trust. fflate does the inflating; the checksum, the length
 * and the exact end of every member are checked here, since fflate leaves them unchecked.
 *
 * Source: RFC 1952, "GZIP file format specification version 4.3".
 *
 * @module
 */
import { isTypedArray } from "../checks/arrays.ts";
import { crc32 } from "../checks/crc32.ts";
import { thisIs } from "../checks/file_kind.ts";
import { integer } from "../checks/numbers.ts";
import { DataFormatError } from "./errors.ts";

/**
 * Bytes handed to fflate at a time. DEFLATE expands at most 1032-fold, so one push makes at most 16 MiB, however
 * hostile the file.
 */
const CHUNK = 2 ** 14;

/** DEFLATE's greatest expansion: 258 bytes from 2 bits. */
const MOST_EXPANSION = 1032;

/** Most bytes a header may take before it is called malformed: an extra field of 64 KiB, a name and a comment. */
const MOST_HEADER = 2 ** 17;

/**
 * Most members of a file. Block-wise writers (bgzip) make one for every 64 KiB; millions of empty ones would only waste
 * time.
 */
const MOST_MEMBERS = 2 ** 14;

/**
 * An empty gzip member, pushed behind the file: that fflate recognizes it, and where, proves that the file ends exactly
 * where its last member does.
 */
const EMPTY_MEMBER = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** How {@linkcode decompressed} unpacks. */
export interface GunzipOptions {
  /** Most bytes that the unpacked content may have: an integer from 0. Default 256 MiB. */
  readonly limit?: number;
  /** What errors call the bytes. Default "gzip data". */
  readonly fileName?: string;
}

function resolve(bytes: Uint8Array, options: GunzipOptions): Required<GunzipOptions> {
  const { limit = 2 ** 28, fileName = "gzip data" } = options;
  if (!isTypedArray("Uint8Array", bytes)) throw new TypeError(`${fileName}: bytes must be a Uint8Array`);
  return { limit: integer("limit", limit, 0), fileName };
}

/** Does it begin with gzip's two magic bytes? */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip of one member or several. Stops as soon as the content exceeds `limit`, so that a small hostile file
 * cannot fill the memory, and checks every member's CRC-32 and length.
 *
 * @throws {DataFormatError} (as a rejection) if the bytes are not gzip, are cut short, corrupted or followed by
 * something else, or unpack to more than `limit` bytes.
 * @throws {RangeError} (as a rejection) if `limit` is not an integer from 0.
 *
 * @example
 * ```ts
 * import { gunzip } from "./gzip.ts";
 * const packed = new Blob(["silence"]).stream().pipeThrough(new CompressionStream("gzip"));
 * const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
 * console.log(new TextDecoder().decode(await gunzip(bytes, { limit: 1000 }))); // silence
 * ```
 */
export async function gunzip(bytes: Uint8Array, options: GunzipOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  // Loaded when it is needed: finding a package takes a runtime longer than all of this library.
  const { Gunzip } = await import("./inflate.ts");
  const { limit, fileName } = resolve(bytes, options);
  const malformed = (message: string, cause?: unknown) => new DataFormatError(fileName, message, { cause });
  const cutShort = (cause?: unknown) =>
    malformed("its gzip data is cut short, or a few stray bytes follow it; fetch or copy the file again", cause);
  if (bytes.length >= 2 && !isGzip(bytes)) {
    throw malformed(`is not gzip, which begins with the bytes 1f 8b${thisIs(bytes, "gzip")}`);
  }
  if (bytes.length >= 3 && bytes[2] !== 8) {
    throw malformed(`its gzip compression method is ${bytes[2]}; only 8 (deflate) exists`);
  }
  if (bytes.length < 18) throw malformed(`has ${bytes.length} bytes; the shortest gzip file has 18`);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The last four bytes promise the length; believed only as far as it is possible.
  const promised = Math.min(view.getUint32(bytes.length - 4, true), limit, MOST_EXPANSION * bytes.length);
  let content = new Uint8Array(promised);
  let length = 0;
  let member = { crc: 0, start: 0 };
  let members = 0;
  let end = 0;
  let silent = 0;

  const stream = new Gunzip((part) => {
    silent = 0;
    if (length + part.length > limit) {
      throw malformed(`unpacks to more than ${limit} bytes, the most allowed here: not the expected data, or hostile`);
    }
    if (length + part.length > content.length) {
      const longer = new Uint8Array(Math.min(limit, Math.max(length + part.length, 2 * content.length)));
      longer.set(content.subarray(0, length));
      content = longer;
    }
    content.set(part, length);
    length += part.length;
    member.crc = crc32(member.crc, part);
  });
  // Called where a member begins, for each but the first: so the one before has just ended, with its CRC-32 and length
  // in eight bytes.
  stream.onmember = (offset) => {
    if (offset > bytes.length) throw cutShort();
    const size = (length - member.start) % 2 ** 32;
    const [crc, promise] = [view.getUint32(offset - 8, true), view.getUint32(offset - 4, true)];
    if (size !== promise) throw malformed(`is corrupted: ${size} bytes were unpacked where its gzip says ${promise}`);
    if (member.crc !== crc) throw malformed("is corrupted: its content does not match its gzip checksum (CRC-32)");
    if (++members > MOST_MEMBERS) throw malformed(`has more than ${MOST_MEMBERS} gzip members`);
    end = offset;
    member = { crc: 0, start: length };
  };

  try {
    for (let start = 0; start < bytes.length; start += CHUNK) {
      const chunk = bytes.subarray(start, start + CHUNK);
      // While it waits for the end of a header, fflate keeps copying all it has: that must not go on for a whole file.
      silent += chunk.length;
      if (silent > MOST_HEADER) throw malformed(`a gzip header in it takes more than ${MOST_HEADER} bytes`);
      stream.push(chunk);
    }
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw malformed(`its gzip data is corrupted, or something else follows it (${reason})`, error);
  }
  try {
    stream.push(EMPTY_MEMBER);
  } catch (error) {
    throw error instanceof DataFormatError ? error : cutShort(error);
  }
  if (end !== bytes.length) throw cutShort();
  return length === content.length ? content : content.slice(0, length);
}

/**
 * The content of a file that may be gzipped or plain: bytes that begin with 1f 8b are unpacked, any others
 * are returned as they are (the same array, not a copy). Unpacking stops as soon as the content exceeds `limit`, so
 * that a small hostile file cannot fill the memory, and checks the CRC-32 and the length of every gzip member.
 *
 * @throws {DataFormatError} (as a rejection) if the gzip is malformed, or the content has more than `limit` bytes,
 * packed or plain.
 * @throws {RangeError} (as a rejection) if `limit` is not an integer from 0.
 *
 * @example
 * ```ts
 * import { decompressed, encodeIdx, parseIdx } from "@tacet/tacet";
 * const file = encodeIdx({ type: "uint8", shape: [3], data: new Uint8Array([7, 2, 1]) });
 * const packed = new Blob([file]).stream().pipeThrough(new CompressionStream("gzip"));
 * const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
 * console.log(parseIdx(await decompressed(bytes)).data); // Uint8Array [7, 2, 1]
 * ```
 */
export async function decompressed(bytes: Uint8Array, options: GunzipOptions = {}): Promise<Uint8Array> {
  const { limit, fileName } = resolve(bytes, options);
  if (isGzip(bytes)) return await gunzip(bytes, { limit, fileName });
  if (bytes.length <= limit) return bytes;
  throw new DataFormatError(fileName, `has ${bytes.length} bytes, more than the ${limit} allowed here`);
}
