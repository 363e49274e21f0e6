/**
 * Contact sheets: originals and what an attack made of them, as one picture.
 *
 * @module
 */

/** A grey picture, 8 bits a pixel, row by row. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Side of the images, how often each of their pixels is repeated, pixels between images and between pairs of rows. */
const SIDE = 32, SCALE = 2, GAP = 4, BAND_GAP = 12;

/** A mid grey that neither digits nor their dark ground have at their margins. */
const GROUND = 96;

/** Images beside each other: ten, more of many so that the sheet stays about square. */
function columnsFor(images: number): number {
  return Math.min(images, Math.max(10, Math.ceil(Math.sqrt(2 * images))));
}

/**
 * A sheet of pairs, each original above its inversion, in rows from left to right.
 *
 * @param originals `[images][1][32][32]`, from 0 (black) to 1 (white)
 * @param inverted as many
 */
export function contactSheet(originals: Float32Array, inverted: Float32Array): Sheet {
  const images = originals.length / (SIDE * SIDE);
  const columns = columnsFor(images), bands = Math.ceil(images / columns);
  const cell = SIDE * SCALE, pitch = cell + GAP, band = 2 * cell + GAP + BAND_GAP;
  const width = 2 * BAND_GAP - GAP + columns * pitch, height = BAND_GAP + bands * band;
  const data = new Uint8Array(width * height).fill(GROUND);
  const paste = (source: Float32Array, image: number, left: number, top: number) => {
    for (let y = 0; y < cell; y++) {
      for (let x = 0; x < cell; x++) {
        const value = source[(image * SIDE + Math.floor(y / SCALE)) * SIDE + Math.floor(x / SCALE)]!;
        data[(top + y) * width + left + x] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
    }
  };
  for (let image = 0; image < images; image++) {
    const left = BAND_GAP + (image % columns) * pitch, top = BAND_GAP + Math.floor(image / columns) * band;
    paste(originals, image, left, top);
    paste(inverted, image, left, top + pitch);
  }
  return { width, height, data };
}
