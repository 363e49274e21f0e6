/**
 * Runs a kernel on the reference machine and on every machine under test, over the same memory contents, and compares
 * all that it wrote and returned. Around every tensor lie guard words: a kernel that writes where it must not is
 * caught, and so is one that changes an input.
 */
import { test } from "node:test";
import { ReferenceMemory } from "../../src/engine/cpu/reference/memory.ts";
import { referenceMachine } from "../../src/engine/cpu/reference/machine.ts";
import type { KernelName, Kernels } from "../../src/engine/cpu/kernels.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { wasmMachine } from "./wasm_machine.ts";
import { assert, assertEquals } from "#std/assert";
import { BUILDS } from "./engines.ts";
import { noThreads } from "./here.ts";
import { machineInShares } from "./kernel_threads.ts";

/** The unit roundoff of float32. */
export const ROUNDOFF = 2 ** -24;

/**
 * How far an output may be from the reference's: nowhere, by so much an element, or as a sum of so many products may
 * be.
 */
export type Tolerance = "equal" | number | ArrayLike<number> | { readonly terms: number };

/** A tensor given to a kernel. The same object given twice is the same memory. */
export interface Tensor {
  readonly role: "input" | "output" | "scratch";
  readonly values: Float32Array | Int32Array | Uint8Array;
  readonly tolerance: Tolerance;
  /** Bytes by which the pointer misses a multiple of 16. */
  readonly offset: number;
}

/** What a kernel only reads. */
export function input(values: Tensor["values"], offset = 0): Tensor {
  return { role: "input", values, tolerance: "equal", offset };
}

/** Float32 that a kernel must write, all of them: before, they are NaN. */
export function output(count: number, tolerance: Tolerance, offset = 0): Tensor {
  return { role: "output", values: new Float32Array(count).fill(NaN), tolerance, offset };
}

/** Int32 that a kernel must write and that must be equal. */
export function intOutput(count: number): Tensor {
  return { role: "output", values: new Int32Array(count).fill(GUARD), tolerance: "equal", offset: 0 };
}

/** What a kernel reads and rewrites. */
export function updated(values: Tensor["values"], tolerance: Tolerance = "equal", offset = 0): Tensor {
  return { role: "output", values, tolerance, offset };
}

/** Room that a kernel may write as it likes: its contents are not compared. */
export function scratch(words: number): Tensor {
  return { role: "scratch", values: new Int32Array(words).fill(GUARD), tolerance: "equal", offset: 0 };
}

/** Float32 room that a kernel writes in an order or number of its own: for the test to look at. */
export function room(count: number): Tensor {
  return { role: "scratch", values: new Float32Array(count).fill(NaN), tolerance: "equal", offset: 0 };
}

/** A quiet NaN, so that guards read as numbers spoil the result. */
const GUARD = 0x7fc5a5a5;
const GUARD_BYTES = 64;

/** A machine with one block of its memory, used anew by every run. */
interface Bench {
  readonly name: string;
  readonly machine: Machine;
  block: { pointer: number; bytes: number };
}

function bench(name: string, machine: Machine): Bench {
  return { name, machine, block: { pointer: 0, bytes: 0 } };
}

const REFERENCE = bench("reference", referenceMachine());
const MAGNITUDES = bench("reference of magnitudes", referenceMachine("float64"));

/**
 * The machines under test, by name: every build that this runtime can run, and one whose kernels do their work in
 * shares.
 */
export const MACHINES: readonly (readonly [name: string, machine: Machine])[] = [
  ...BUILDS.map((build) => [`wasm ${build}`, wasmMachine(build)] as const),
  ...(noThreads ? [] : [["wasm simd128 in shares", machineInShares("simd128")] as const]),
];
const BENCHES = MACHINES.map(([name, machine]) => bench(name, machine));
const ran = new Set<string>();

type OrTensors<Numbers extends number[]> = { [I in keyof Numbers]: number | Tensor };

/** The arguments of a kernel: tensors in place of pointers. */
export type Arguments<Name extends KernelName> = OrTensors<Parameters<Kernels[Name]>>;

/** What a kernel returned and the contents of a tensor afterwards. */
export interface Run {
  readonly machine: string;
  readonly result: number | void;
  after(tensor: Tensor): number[];
}

function execute(b: Bench, name: KernelName, args: readonly (number | Tensor)[]): Run {
  const tensors = [...new Set(args.filter((arg): arg is Tensor => typeof arg !== "number"))];
  const places = new Map<Tensor, number>();
  let size = GUARD_BYTES;
  for (const tensor of tensors) {
    places.set(tensor, size + tensor.offset);
    size = Math.ceil((size + tensor.offset + tensor.values.byteLength + GUARD_BYTES) / 16) * 16;
  }
  if (size > b.block.bytes) b.block = { pointer: b.machine.allocate(2 * size), bytes: 2 * size };
  const base = b.block.pointer;
  const { ints, floats, bytes, kernels } = b.machine;
  ints.fill(GUARD, base / 4, (base + size) / 4);
  const writable: [from: number, to: number][] = [];
  for (const [{ role, values }, place] of places) {
    const pointer = base + place;
    if (values instanceof Float32Array) floats.set(values, pointer / 4);
    else if (values instanceof Int32Array) ints.set(values, pointer / 4);
    else bytes.set(values, pointer);
    if (role !== "input") writable.push([pointer / 4, (pointer + values.byteLength) / 4]);
  }

  const before = ints.slice(base / 4, (base + size) / 4);
  const numbers = args.map((arg) => typeof arg === "number" ? arg : base + places.get(arg)!);
  const result = (kernels[name] as (...numbers: number[]) => number | void)(...numbers);
  assert(b.machine.ints === ints, `${name} on ${b.name} must not grow the memory`);

  let from = base / 4;
  for (const [start, end] of [...writable, [(base + size) / 4, 0] as const]) {
    for (let i = from; i < start; i++) {
      assert(
        ints[i] === before[i - base / 4],
        () => `${name} on ${b.name} wrote ${ints[i]} where it must not: word ${i}`,
      );
    }
    from = end;
  }
  const contents = new Map(
    tensors.map((tensor) => {
      const at = (base + places.get(tensor)!) / 4;
      const { values } = tensor;
      return [tensor, Array.from((values instanceof Float32Array ? floats : ints).slice(at, at + values.length))];
    }),
  );
  return { machine: b.name, result, after: (tensor) => contents.get(tensor)! };
}

/** The sums of the magnitudes of what the reference adds: the kernel itself over absolute values, in float64. */
function magnitudes(name: KernelName, args: readonly (number | Tensor)[], tensor: Tensor): number[] {
  const absolutes = new Map<Tensor, Tensor>();
  const positive = args.map((arg) => {
    if (typeof arg === "number" || !(arg.values instanceof Float32Array)) return arg;
    if (!absolutes.has(arg)) absolutes.set(arg, { ...arg, values: arg.values.map(Math.abs) });
    return absolutes.get(arg)!;
  });
  return execute(MAGNITUDES, name, positive).after(absolutes.get(tensor)!);
}

function check(name: KernelName, args: readonly (number | Tensor)[], expected: Run, actual: Run): void {
  assertEquals(actual.result, expected.result, `what ${name} returns on ${actual.machine}`);
  args.forEach((tensor, position) => {
    if (typeof tensor === "number" || tensor.role !== "output") return;
    const { tolerance } = tensor;
    const sums = typeof tolerance === "object" && "terms" in tolerance ? magnitudes(name, args, tensor) : [];
    const allowed = (i: number): number => {
      if (tolerance === "equal") return 0;
      if (typeof tolerance === "number") return tolerance;
      // Each of n terms is rounded at most n + 1 times on its way into the sum, and the reference's sum once more.
      return "terms" in tolerance ? (tolerance.terms + 4) * ROUNDOFF * sums[i]! : tolerance[i]!;
    };
    const right = expected.after(tensor);
    actual.after(tensor).forEach((value, i) => {
      const error = Math.abs(value - right[i]!);
      assert(
        error <= allowed(i),
        () =>
          `${name} on ${actual.machine}: element ${i} of argument ${position} is ${value}, but ${right[i]} on the ` +
          `reference machine; they may differ by ${allowed(i)}`,
      );
    });
  });
}

/**
 * Runs a kernel everywhere and compares, see above. Returns the runs, the reference's first, for whatever else a test
 * knows of the result. Machines under test may be given, so that the harness itself can be tested.
 */
export function compareKernel<Name extends KernelName>(
  name: Name,
  args: Arguments<Name>,
  machines?: readonly (readonly [name: string, machine: Machine])[],
): Run[] {
  const list = args as readonly (number | Tensor)[];
  const expected = execute(REFERENCE, name, list);
  const runs = (machines?.map(([name, machine]) => bench(name, machine)) ?? BENCHES).map((b) => execute(b, name, list));
  for (const run of runs) check(name, list, expected, run);
  ran.add(name);
  return [expected, ...runs];
}

/**
 * Adds the test that every kernel of a file of the reference engine was compared: the last of the file that tests them.
 */
export function everyKernelRan(file: (memory: ReferenceMemory) => Partial<Kernels>): void {
  test(`every kernel of ${file.name} was compared`, () => {
    assertEquals(Object.keys(file(new ReferenceMemory())).filter((name) => !ran.has(name)), []);
  });
}
