/**
 * What a file is, told by its bytes: for the message that refuses it, and to choose between readers.
 *
 * Formats: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md,
 * https://docs.python.org/3/library/pickletools.html, PKWARE's APPNOTE.TXT (zip), https://github.com/onnx/onnx
 * (onnx.proto)
 *
 * @module
 */

/** A kind of file. */
export interface FileKind {
  /** For code. */
  readonly id: "safetensors" | "mindspore" | "idx" | "gzip" | "other";
  /** For people, with its article. */
  readonly what: string;
  /** What to do with it where another kind is wanted. */
  readonly advice: string;
}

const PYTORCH = "in Python, write its state_dict with safetensors.torch.save_file";
const UNPACK = "unpack it first";
const FETCH = "look at the address it was fetched from, and fetch the file again";
const CONVERT = "write its arrays as a safetensors file";

/** Files that begin with bytes of their own, in Latin-1. */
const SIGNATURES: readonly (readonly [signature: string, what: string, advice: string])[] = [
  ["\x93NUMPY", "a NumPy array (.npy)", CONVERT],
  ["\x89HDF\r\n\x1a\n", "an HDF5 file, such as Keras writes", CONVERT],
  ["GGUF", "a GGUF file", CONVERT],
  ["BZh", "bzip2 data", UNPACK],
  ["\xfd7zXZ\0", "xz data", UNPACK],
  ["\x28\xb5\x2f\xfd", "zstd data", UNPACK],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK],
  ["Rar!", "a RAR archive", UNPACK],
  ["\x89PNG", "a PNG image", FETCH],
  ["\xff\xd8\xff", "a JPEG image", FETCH],
  ["%PDF", "a PDF document", FETCH],
];

/** Of a text or the names in an archive. */
const HEAD = 4096;
/** Of an archive's end, where zip lists its files. */
const TAIL = 65536;
/** PyTorch's magic number, 0x1950a86a20f9469cfc6c, as a pickle holds it. */
const OLD_PYTORCH = "\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19";

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += HEAD) text += String.fromCharCode(...bytes.subarray(at, at + HEAD));
  return text;
}

const other = (what: string, advice: string): FileKind => ({ id: "other", what, advice });

function zip(bytes: Uint8Array, head: string): FileKind {
  const names = head + latin1(bytes.subarray(Math.max(0, bytes.length - TAIL)));
  if (names.includes("data.pkl")) return other("a PyTorch file (a zip with pickles)", PYTORCH);
  if (names.includes(".npy")) return other("NumPy arrays (.npz)", CONVERT);
  if (names.includes("model.weights.h5")) return other("a Keras model", CONVERT);
  return other("a zip archive", UNPACK);
}

function text(head: string): FileKind | undefined {
  const begins = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (begins.startsWith("version https://git-lfs")) {
    return other("a git-lfs pointer, not the file itself", "run `git lfs pull`, or download the file");
  }
  if (/^<(?:!doctype html|html|head|body|script|title|meta|!--)/i.test(begins)) {
    return other("an HTML page, perhaps of an error or a login", FETCH);
  }
  if (begins.startsWith("<")) return other("an XML document, perhaps of an error", FETCH);
  if (/^[[{]/.test(begins) && begins.includes('"weight_map"')) {
    return other(
      "the index of a checkpoint in several files (shards)",
      "load each file that it names and put their parameters together",
    );
  }
  const line = begins.slice(0, 40).split(/[\r\n]/, 1)[0]!;
  if (begins.length < 4 || /[^\t\n\r -~]/.test(begins.slice(0, 256))) return undefined;
  return other(`a ${/^[[{]/.test(begins) ? "JSON text" : "text"}, ${JSON.stringify(line)}...`, FETCH);
}

/** A varint of at most 5 bytes and where it ends, or undefined. */
function varint(bytes: Uint8Array, at: number): readonly [value: number, end: number] | undefined {
  for (let value = 0, scale = 1, i = at; i < Math.min(at + 5, bytes.length); i++, scale *= 128) {
    value += (bytes[i]! & 127) * scale;
    if (bytes[i]! < 128) return [value, i + 1];
  }
  return undefined;
}

/** Does it begin as a message of named tensors: a field 1 that begins with a name? */
function isMindspore(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x0a) return false;
  const [length, begin] = varint(bytes, 1) ?? [0, 0];
  if (bytes[begin] !== 0x0a) return false;
  const [name, end] = varint(bytes, begin + 1) ?? [0, 0];
  if (name === 0 || end + name > begin + length) return false;
  return end + name >= bytes.length || bytes[end + name] === 0x12;
}

/** Safetensors first: any byte may begin its header's length. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0;
}

function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && [8, 9, 11, 12, 13, 14].includes(bytes[2]!) && bytes[3]! > 0;
}

/** The kind of a file with these bytes; undefined if they do not tell. */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  if (bytes.length === 0) return other("an empty file", "fetch or write it again");
  if (isSafetensors(bytes)) return { id: "safetensors", what: "a safetensors file", advice: "loadCheckpoint reads it" };
  if (isMindspore(bytes)) return { id: "mindspore", what: "a MindSpore checkpoint", advice: "loadCheckpoint reads it" };
  if (isIdx(bytes)) return { id: "idx", what: "an IDX file, as MNIST's", advice: "parseIdx reads it" };
  const head = latin1(bytes.subarray(0, HEAD));
  if (head.startsWith("\x1f\x8b")) return { id: "gzip", what: "gzip data", advice: `${UNPACK}, see \`decompressed\`` };
  if (head.startsWith("PK\x03\x04") || head.startsWith("PK\x05\x06")) return zip(bytes, head);
  if (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5) {
    return head.includes(OLD_PYTORCH)
      ? other("a PyTorch file of the old kind (pickles)", PYTORCH)
      : other("a Python pickle, perhaps of PyTorch", PYTORCH);
  }
  const known = SIGNATURES.find(([signature]) => head.startsWith(signature));
  if (known) return other(known[1], known[2]);
  if (head.startsWith("TFL3", 4)) return other("a TensorFlow Lite model", CONVERT);
  if (head.startsWith("ustar", 257)) return other("a tar archive", UNPACK);
  // A version, then a producer, a domain, a graph or the like.
  if (bytes[0] === 8 && bytes[1]! < 16 && [0x12, 0x1a, 0x2a, 0x3a, 0x42].includes(bytes[2]!)) {
    return other("an ONNX or TensorFlow model", CONVERT);
  }
  return text(head);
}

/**
 * " (this is ...: what to do)" for the end of a message, or "" if the bytes do not tell or are of the kind that was
 * wanted.
 */
export function thisIs(bytes: Uint8Array, wanted: FileKind["id"]): string {
  const kind = fileKind(bytes);
  return kind && kind.id !== wanted ? ` (this is ${kind.what}: ${kind.advice})` : "";
}
