/**
 * What kernels and their callers agree on of the memory.
 *
 * @module
 */

/**
 * A byte offset into the memory, a multiple of 16 (of 4 for a weight inside a tensor); 0 where a kernel says that
 * something may be absent.
 */
export type Pointer = number;

/** Lanes of a group: the events of a pooled convolution stand group by group. */
export const GROUP_LANES = 4;

/**
 * Floats from one image to the next in images `[lanes][pixels][channels]`: 32 behind each are to spare, and kernels may
 * touch them.
 */
export function imageStride(channels: number, pixels: number): number {
  return channels * pixels + 32;
}

/**
 * Order of the int32 fields of a convolution's shape in memory; the input is already padded, `lanes` is a multiple of
 * 8.
 */
export const CONV_SHAPE = [
  "channels",
  "height",
  "width",
  "outputs",
  "kernelHeight",
  "kernelWidth",
  "strideHeight",
  "strideWidth",
  "lanes",
] as const;

/** Order of the int32 fields of a pooling's shape in memory. */
export const POOL_SHAPE = [
  "channels",
  "height",
  "width",
  "windowHeight",
  "windowWidth",
  "strideHeight",
  "strideWidth",
  "lanes",
] as const;
