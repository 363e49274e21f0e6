/**
 * Data: IDX files, MNIST, drawn digits, and the pipeline that batches them.
 *
 * @example
 * ```ts
 * import { Dataset, drawnDigits } from "@tacet/tacet/data";
 * const digits = new Dataset(drawnDigits(320), { size: [32, 32] });
 * console.log(digits.batches(32)); // 10
 * ```
 *
 * @module
 */
export { Dataset, type DatasetOptions } from "./dataset.ts";
export { drawnDigits, type DrawnDigitsOptions } from "./digits.ts";
export { DataFormatError } from "./errors.ts";
export type { LabelledImages } from "./images.ts";
export { decompressed, type GunzipOptions } from "./gzip.ts";
export { encodeIdx, type IdxArray, type IdxData, type IdxType, parseIdx } from "./idx.ts";
export { mnist, mnistFromBytes, type MnistNames } from "./mnist.ts";
