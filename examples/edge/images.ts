/** The images of a request's body: read within bounds, refused with a status and a sentence. */
import { DataFormatError, parseIdx } from "../../mod.ts";
import { SIDE } from "./network.ts";

const PIXELS = SIDE * SIDE;
/** Most images in a request. */
export const MOST_IMAGES = 1024;
/** Most bytes of a body: so many images, and the header of an IDX file. */
export const MOST_BYTES: number = 16 + MOST_IMAGES * PIXELS;

/** A request that is refused. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  /** The status of the response, from 400 to 499. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The whole body; no more of it is read than is allowed, whatever its length is said to be. */
async function bodyOf(request: Request): Promise<Uint8Array> {
  const tooLarge = () => new RefusedError(413, `the body must have at most ${MOST_BYTES} bytes, ${MOST_IMAGES} images`);
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of request.body ?? []) {
    if ((length += chunk.length) > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  for (let at = 0; chunks.length > 0;) {
    const chunk = chunks.shift()!;
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/**
 * The posted images, a byte for each pixel: one image as its 784 bytes in row-major order, 0 for paper and 255 for ink,
 * or an IDX file of images.
 *
 * @throws {RefusedError} (as a rejection) if the body is too large or neither.
 */
export async function postedImages(request: Request): Promise<Uint8Array> {
  const body = await bodyOf(request);
  if (body.length === PIXELS) return body;
  if (body.length === 0) {
    throw new RefusedError(400, `the body is empty: post one image, ${PIXELS} bytes, or an IDX file of images`);
  }
  if (body[0] !== 0 || body[1] !== 0) {
    throw new RefusedError(400, `the body has ${body.length} bytes and is no IDX file; one image has ${PIXELS} bytes`);
  }
  try {
    const { type, shape, data } = parseIdx(body, "the body");
    const [count = 0, height, width] = shape;
    if (type !== "uint8" || shape.length !== 3 || height !== SIDE || width !== SIDE || count === 0) {
      throw new RefusedError(400, `the IDX file holds ${type} [${shape}]; it must be uint8 [images, ${SIDE}, ${SIDE}]`);
    }
    return data as Uint8Array;
  } catch (error) {
    if (error instanceof DataFormatError) throw new RefusedError(400, error.message);
    throw error;
  }
}
