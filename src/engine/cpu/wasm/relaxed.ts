/**
 * Relaxed SIMD: whether there is any, and whether its multiply-add is fused, which the runtime and the processor
 * decide.
 *
 * @module
 */

/**
 * A module of one function, which does a relaxed multiply-add of its three arguments: valid only where relaxed SIMD
 * exists.
 */
const PROBE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version 1
  ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7d, 0x7d, 0x7d, 0x01, 0x7d], // one type: (f32, f32, f32) -> f32
  ...[0x03, 0x02, 0x01, 0x00], // one function of that type
  ...[0x07, 0x08, 0x01, 0x04, 0x6d, 0x61, 0x64, 0x64, 0x00, 0x00], // exported as "madd"
  ...[0x0a, 0x16, 0x01, 0x14, 0x00], // one body of 20 bytes without locals
  ...[0x20, 0x00, 0xfd, 0x13, 0x20, 0x01, 0xfd, 0x13, 0x20, 0x02, 0xfd, 0x13], // three times local.get, f32x4.splat
  ...[0xfd, 0x85, 0x02, 0xfd, 0x1f, 0x00, 0x0b], // f32x4.relaxed_madd, f32x4.extract_lane 0, end
]);

/** Has this runtime relaxed SIMD? */
export function hasRelaxedSimd(): boolean {
  try {
    return WebAssembly.validate(PROBE);
  } catch {
    // No WebAssembly, or one that answers nothing.
    return false;
  }
}

/** Compiled while the module is loaded: some edge runtimes compile at no other time. */
const probe = hasRelaxedSimd() ? compiledProbe() : undefined;

function compiledProbe(): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(PROBE);
  } catch {
    return undefined;
  }
}

/** Whether multiplying and adding rounds once: then (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24, else 0. */
export function isFused(madd: (a: number, b: number, c: number) => number): boolean {
  return madd(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24;
}

/**
 * The relaxed multiply-add of this runtime, of one lane.
 *
 * @throws {TypeError} if it has none.
 */
export function relaxedMadd(): (a: number, b: number, c: number) => number {
  if (!probe) throw new TypeError("this runtime has no relaxed SIMD");
  return new WebAssembly.Instance(probe).exports["madd"] as (a: number, b: number, c: number) => number;
}
