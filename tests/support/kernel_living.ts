/** Lists of living weights as each machine lays them out, and the dense layers that they are tried on. */
import fc from "fast-check";
import type { Kernels } from "../../src/engine/cpu/kernels.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { assertEquals } from "#std/assert";
import { type Desk, DESKS } from "./kernel_desk.ts";
import { compareKernel, input, scratch, type Tensor } from "./kernel_harness.ts";
import { convRecord, type ConvShape } from "./kernel_pooled.ts";
import { type Style, whole } from "./kernel_values.ts";

/** The two lists: the kernels that take them, and which of their arguments it is. */
const TAKEN_BY = {
  listLiving: {
    livingPooledConvForward: 5,
    livingDenseForward: 4,
    livingDenseInputGradient: 3,
    livingDenseWeightGradient: 3,
  },
  listLivingPasses: { livingEventWeightGradient: 3, livingEventInputGradient: 3 },
} as const;

/** The kernel that makes a list. */
type ListKernel = keyof typeof TAKEN_BY;

/** The list as the reference machine lays it out, and the other machines with their own lists in its place. */
export interface Lists {
  given: Tensor;
  machines: [name: string, machine: Machine][];
}

/** A desk's machine whose kernels read its own list wherever another's is given, and work on the desk's room. */
function withOwnList(desk: Desk, list: ListKernel, own: number): Machine {
  const { machine } = desk;
  const kernels: Kernels = { ...machine.kernels };
  for (const [name, at] of Object.entries(TAKEN_BY[list]) as [keyof Kernels, number][]) {
    const kernel = machine.kernels[name] as (...args: number[]) => void;
    Object.assign(kernels, { [name]: (...args: number[]) => kernel(...args.with(at, own)) });
  }
  return {
    kernels,
    get floats() {
      return machine.floats;
    },
    get ints() {
      return machine.ints;
    },
    get bytes() {
      return machine.bytes;
    },
    threads: 1,
    allocate: (bytes) => desk.room(bytes / 4),
  };
}

/** Words of room for a list. */
export function listWords(list: ListKernel, conv: ConvShape): number {
  const { outputs, kernelHeight, kernelWidth, channels } = conv;
  const groups = list === "listLiving" ? outputs : outputs * kernelHeight * Math.ceil(kernelWidth * channels / 8);
  return groups + 3 + 2 * outputs * channels * kernelHeight * kernelWidth;
}

/** Lists what a mask keeps on every machine, in no more room than there must be. */
export function listsOf(name: ListKernel, mask: Int32Array, conv: ConvShape, offset: number): Lists {
  const words = listWords(name, conv);
  const list = scratch(words);
  const runs = compareKernel(name, [input(mask, offset), list, input(convRecord(conv))]);
  if (name === "listLiving") assertEquals(runs[0]!.result, mask.filter((kept) => kept !== 0).length);
  const machines = DESKS.map((desk): [string, Machine] => {
    desk.clear();
    const own = desk.room(words);
    desk.kernels[name](desk.put(mask, offset), own, desk.put(convRecord(conv)));
    return [desk.name, withOwnList(desk, name, own)];
  });
  return { given: input(Int32Array.from(runs[0]!.after(list))), machines };
}

/** NaN where the mask does not keep the weight: nobody may read it, nor write it. */
export function onlyLiving(values: Float32Array, mask: Int32Array): Float32Array {
  return values.map((value, i) => mask[i] === 0 ? NaN : value);
}

/** The values, and 0 where the mask does not keep the weight. */
export function masked(values: Float32Array, mask: Int32Array): Float32Array {
  return values.map((value, i) => mask[i] === 0 ? 0 : value);
}

/** A dense layer, and what its elements are drawn from. */
export interface Dense {
  inputs: number;
  outputs: number;
  images: number;
  style: Style;
  seed: number;
  word: number;
  density: number;
}

/** Random dense layers. */
export const DENSE: { [Name in keyof Dense]: fc.Arbitrary<Dense[Name]> } = {
  inputs: whole(1, 60),
  outputs: whole(1, 21),
  images: whole(1, 40),
  style: fc.constantFrom<Style>("fine", "whole"),
  seed: fc.nat(),
  word: whole(0, 3),
  density: fc.constantFrom(0, 0.05, 0.5, 1),
};

/** The first and the last of LeNet-5's fully connected layers. */
export const LENET5_DENSE: readonly Dense[] = [[400, 120], [84, 10]].map(([inputs, outputs]) => (
  { inputs: inputs!, outputs: outputs!, images: 33, style: "fine", seed: 1, word: 0, density: 0.05 }
));

/** A dense layer as a 1x1 convolution over 1x1 pixels. */
export function denseShape({ inputs, outputs, images }: Dense): ConvShape {
  const ones = { height: 1, width: 1, kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1 };
  return { ...ones, channels: inputs, outputs, lanes: lanesOf(images) };
}
