/** Data that tests read in place: real MNIST and a real checkpoint, found by TACET_SHARED or in ../shared. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const shared: string = process.env.TACET_SHARED ?? "../shared";

/** The folder of the four MNIST files. */
export const mnistFolder: string = join(shared, "mnist");

/** A LeNet-5 as MindSpore wrote it. */
export const mindsporeCheckpoint: string = join(shared, "checkpoints", "checkpoint_lenet-10_1875.ckpt");

/** A LeNet-5 suppressed by MindArmour, as MindSpore wrote it; what it computes is beside it. */
export const suppressedCheckpoint: string = join(shared, "checkpoints", "suppressed_by_mindarmour.ckpt");

/** For `test(..., { skip: missing(mnistFolder) }, ...)`: why it cannot be read, or false if it is there. */
export function missing(path: string): string | false {
  return existsSync(path) ? false : `there is no ${path}: set TACET_SHARED to the folder of the shared data`;
}
