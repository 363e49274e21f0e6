/** Zeros around images, so that a convolution knows no edges. */

/** x [channels][height][width][lanes], y [channels][height + 2 * padHeight][width + 2 * padWidth][lanes]. */
export function pad(
  x: usize,
  y: usize,
  channels: i32,
  height: i32,
  width: i32,
  padHeight: i32,
  padWidth: i32,
  lanes: i32,
): void {
  const row: usize = width * lanes * 4, side: usize = padWidth * lanes * 4, full = row + 2 * side;
  for (let channel = 0; channel < channels; channel++) {
    memory.fill(y, 0, padHeight * full);
    y += padHeight * full;
    for (let i = 0; i < height; i++) {
      memory.fill(y, 0, side);
      memory.copy(y + side, x, row);
      memory.fill(y + side + row, 0, side);
      x += row;
      y += full;
    }
    memory.fill(y, 0, padHeight * full);
    y += padHeight * full;
  }
}

/** dy [channels][height + 2 * padHeight][width + 2 * padWidth][lanes], dx [channels][height][width][lanes]. */
export function unpad(
  dy: usize,
  dx: usize,
  channels: i32,
  height: i32,
  width: i32,
  padHeight: i32,
  padWidth: i32,
  lanes: i32,
): void {
  const row: usize = width * lanes * 4, side: usize = padWidth * lanes * 4, full = row + 2 * side;
  for (let channel = 0; channel < channels; channel++) {
    dy += padHeight * full;
    for (let i = 0; i < height; i++) {
      memory.copy(dx, dy + side, row);
      dx += row;
      dy += full;
    }
    dy += padHeight * full;
  }
}
