/** Data that tests read in place: real MNIST and a real checkpoint, found by TACET_SHARED or in ../shared. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const shared: string = process.env.TACET_SHARED ?? "../shared";

/** The folder of the four MNIST files. */
export const mnistFolder: string = join(shared, "mnist");

/** For `test(..., { skip: mnistMissing() }, ...)`: why MNIST cannot be read, or false if it is there. */
export function mnistMissing(): string | false {
  return existsSync(mnistFolder)
    ? false
    : `there is no ${mnistFolder}: set TACET_SHARED to the folder that holds mnist/`;
}
