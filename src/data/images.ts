/**
 * The form in which every source of data hands over its images.
 *
 * @module
 */

/** Labelled grey or colour images, all of one size, 8 bits a pixel. */
export interface LabelledImages {
  /** What the data are, for reports: "MNIST train", "drawn digits". */
  readonly name: string;
  /** Pixels `[count][channels][height][width]`, 0 to 255. */
  readonly images: Uint8Array;
  /** Number of images. */
  readonly count: number;
  /** Channels of an image: 1 for grey. */
  readonly channels: number;
  /** Height of an image in pixels. */
  readonly height: number;
  /** Width of an image in pixels. */
  readonly width: number;
  /** The class of each image, from 0 to `classes` - 1. */
  readonly labels: Uint8Array;
  /** Number of classes, at most 256. */
  readonly classes: number;
}
