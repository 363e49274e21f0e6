/**
 * The two layouts of a batch: `[channel][row][column][image]`, and `[image][row][column][channel]`, in which what a
 * kernel's row meets of one image lies side by side.
 */

import { nextShare, sharesOf } from "./shares";

/**
 * Bytes from one image to the next: its pixels, and 32 floats to spare, which kernels that go by whole vectors may
 * touch.
 */
export function imageBytes(channels: i32, pixels: i32): usize {
  return <usize> (channels * pixels + 32) << 2;
}

/** Pixels of a share. */
const SHARE = 64;

/** 4 x 4 floats from rows `rowFrom` bytes apart to rows `rowTo` bytes apart, transposed. */
function transposeFour(from: usize, rowFrom: usize, to: usize, rowTo: usize): void {
  const a = v128.load(from),
    b = v128.load(from + rowFrom),
    c = v128.load(from + 2 * rowFrom),
    d = v128.load(from + 3 * rowFrom);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + rowTo, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * rowTo, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * rowTo, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** `rows` x `columns` floats, `rowFrom` bytes a row, to `columns` rows of `rowTo` bytes, transposed. */
function transpose(from: usize, rows: i32, columns: i32, rowFrom: usize, to: usize, rowTo: usize): void {
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      transposeFour(from + row * rowFrom + (column << 2), rowFrom, to + column * rowTo + (row << 2), rowTo);
    }
    for (; column < columns; column++) {
      for (let i = row; i < row + 4; i++) {
        store<f32>(to + column * rowTo + (i << 2), load<f32>(from + i * rowFrom + (column << 2)));
      }
    }
  }
  for (; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      store<f32>(to + column * rowTo + (row << 2), load<f32>(from + row * rowFrom + (column << 2)));
    }
  }
}

/** x [channels][pixels][lanes], images [lanes][pixels][channels], 32 floats to spare behind each image. */
export function toImages(x: usize, images: usize, channels: i32, pixels: i32, lanes: i32): void {
  const row: usize = lanes << 2, plane: usize = pixels * row, image = imageBytes(channels, pixels);
  const shares = sharesOf(pixels, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const begin = share * SHARE, end = min(begin + SHARE, pixels);
    if (channels == 1) {
      transpose(x + begin * row, end - begin, lanes, row, images + (begin << 2), image);
      continue;
    }
    for (let pixel = begin; pixel < end; pixel++) {
      transpose(x + pixel * row, channels, lanes, plane, images + ((pixel * channels) << 2), image);
    }
  }
}

/** images [lanes][pixels][channels], 32 floats to spare behind each image, x [channels][pixels][lanes]. */
export function fromImages(images: usize, x: usize, channels: i32, pixels: i32, lanes: i32): void {
  const row: usize = lanes << 2, plane: usize = pixels * row, image = imageBytes(channels, pixels);
  const shares = sharesOf(pixels, SHARE);
  let share = 0;
  while ((share = nextShare(shares)) < shares) {
    const begin = share * SHARE, end = min(begin + SHARE, pixels);
    if (channels == 1) {
      transpose(images + (begin << 2), lanes, end - begin, image, x + begin * row, row);
      continue;
    }
    for (let pixel = begin; pixel < end; pixel++) {
      transpose(images + ((pixel * channels) << 2), lanes, channels, image, x + pixel * row, plane);
    }
  }
}
