/**
 * Parameters as float32, from whatever floats they are stored in.
 *
 * @module
 */
import { CheckpointError, quote } from "./errors.ts";
import type { Tensor } from "./tensor.ts";

/** How a checkpoint file is read. */
export interface CheckpointReadOptions {
  /**
   * Whether F64 parameters are rounded to the nearest float32 where they are none exactly; by default such a file is
   * refused. F16 and BF16 are always exact.
   */
  readonly round?: boolean;
}

const SCRATCH_BITS = /* @__PURE__ */ new Uint32Array(1);
const SCRATCH = /* @__PURE__ */ new Float32Array(SCRATCH_BITS.buffer);
/** The smallest F16 above 0. */
const SMALLEST_HALF = 2 ** -24;

/** Is it a type of floats? */
export function isFloat(dtype: Tensor["dtype"]): boolean {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16" || dtype === "F64";
}

/** The float32 of an F16's bits: all of them are exact. */
function half(bits: number): number {
  const sign = (bits & 0x8000) << 16, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return (sign ? -1 : 1) * fraction * SMALLEST_HALF;
  // Infinities and NaNs keep their fraction; the other exponents count from 127 where those of F16 count from 15.
  SCRATCH_BITS[0] = sign | (exponent === 31 ? 255 : exponent + 112) << 23 | fraction << 13;
  return SCRATCH[0]!;
}

function fromDoubles(name: string, data: Float64Array, fileName: string, round: boolean): Float32Array {
  const floats = Float32Array.from(data), what = `tensor ${quote(name)} of type F64`;
  const infinite = data.findIndex((value, i) => Number.isFinite(value) && !Number.isFinite(floats[i]!));
  if (infinite >= 0) {
    throw new CheckpointError(fileName, `${what}, ${data[infinite]} at ${infinite}`, "float32's range");
  }
  const inexact = data.findIndex((value, i) => !Object.is(value, floats[i]));
  if (inexact >= 0 && !round) {
    const found = `${what}, whose ${data[inexact]} at ${inexact} is no float32`;
    throw new CheckpointError(fileName, found, "values that are; { round: true } takes the nearest ones");
  }
  return floats;
}

/**
 * A tensor of floats as float32; F32 itself is not copied.
 *
 * @throws {CheckpointError} if an F64 is no float32 and is not to be rounded, or is beyond float32's range.
 */
export function asFloat32(
  name: string,
  tensor: Tensor,
  fileName: string,
  { round = false }: CheckpointReadOptions = {},
): Float32Array {
  switch (tensor.dtype) {
    case "F32":
      return tensor.data;
    case "F64":
      return fromDoubles(name, tensor.data, fileName, round);
    case "F16":
      return Float32Array.from(tensor.data, half);
    case "BF16":
      return new Float32Array(Uint32Array.from(tensor.data, (bits) => bits << 16).buffer);
    default:
      throw new CheckpointError(fileName, `tensor ${quote(name)} of type ${tensor.dtype}`, "F32, F16, BF16 or F64");
  }
}
