/** What the tests of kernels whose work is in shares carry out. */
import type { KernelName, Kernels } from "../../src/engine/cpu/kernels.ts";
import type { Desk } from "./kernel_desk.ts";

/** Carries out a kernel on a desk. */
export type Call = <Name extends KernelName>(name: Name, ...given: Parameters<Kernels[Name]>) => void;
/** What kernels gave, in the order of their calls. */
export type Results = [what: string, words: Int32Array][];
/** All kernels of a case in turn. Scratch has room for each thread, and records of shapes stay where they are. */
export type Work<Case> = (one: Case, desk: Desk, call: Call, record: (values: Int32Array) => number) => Results;
