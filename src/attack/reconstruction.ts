/**
 * What attacks that reconstruct images have in common.
 *
 * @module
 */

/**
 * An attack that reconstructs images from what it sees of them: features for inversions and decoders, gradients for
 * gradient leakage.
 */
export interface ReconstructionAttack<Seen, Options = undefined> {
  /**
   * Reconstructs images.
   *
   * @param seen what a network gave away of the images
   * @returns `[images][channels][height][width]`, to be compared with the originals by {@link evaluateInversion}
   */
  generate(seen: Seen, options?: Options): Promise<Float32Array>;
}
