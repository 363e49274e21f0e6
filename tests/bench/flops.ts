/**
 * Useful floating-point operations of LeNet-5 on images of 32 x 32: two for each multiplication that a dense network
 * cannot do without, zeros counted like other numbers. Work that is saved because a factor is known to be zero still
 * counts, so a fraction of the machine's peak may exceed 1.
 */

/** Multiply-adds of a layer's forward for one image; its weight gradient and its input gradient take as many each. */
const MULTIPLY_ADDS = { conv1: 6 * 784 * 25, conv2: 16 * 100 * 150, fc1: 400 * 120, fc2: 120 * 84, fc3: 84 * 10 };

const { conv1, conv2, fc1, fc2, fc3 } = MULTIPLY_ADDS;
const FORWARD = conv1 + conv2 + fc1 + fc2 + fc3;
/** Iterations of the tutorial's attack, each forward and back to the image, up to the first dense layer. */
const INVERSION = 100 * 2 * (conv1 + conv2 + fc1);

/**
 * Floating-point operations in a unit of work of a dense case, or undefined where arithmetic on images is not what is
 * timed: a training step and a forward have `batch` images, an inversion has one.
 */
export function usefulFlops(caseName: string, batch: number): number | undefined {
  switch (caseName) {
    case "train": // Nobody needs the gradient of the pixels.
      return 2 * batch * (3 * FORWARD - conv1);
    case "infer":
      return 2 * batch * FORWARD;
    case "invert":
      return 2 * INVERSION;
  }
}
