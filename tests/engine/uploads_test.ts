/** A program that lives long does not keep all the data sets it has seen, and what went and comes again is the same. */
import { describe, test } from "node:test";
import { type BatchSource, type EngineName, flatten, openEngine, pixels, type Program, sequential } from "../../mod.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { cpuProgram } from "../support/cpu_program.ts";
import { Recent } from "../../src/engine/recent.ts";
import { Regions } from "../../src/engine/cpu/regions.ts";
import { referenceMachine } from "../../src/engine/cpu/reference/machine.ts";
import { wasmMachine } from "../support/wasm_machine.ts";
import { Random } from "../../src/random/threefry.ts";
import { assert, assertEquals, assertRejects } from "#std/assert";

const MIB = 2 ** 20;

/** So many images of 2 x 2 pixels, as large as wished in a program's memory; `first` tells sets apart. */
function images(count: number, first: number): BatchSource["source"] {
  const pixels = Uint8Array.from({ length: 4 * count }, (_, i) => first + i);
  return { images: pixels, count, channels: 1, height: 2, width: 2, labels: new Uint8Array(count), classes: 1 };
}

/** A program that takes images as such of `side` x `side` pixels, and how often the machine has resized. */
function counting(machine: Machine, side: number): { program: Program; resized: () => number } {
  let calls = 0;
  const resize: Machine["kernels"]["resize"] = (...given) => {
    calls++;
    machine.kernels.resize(...given);
  };
  const counted = Object.create(machine, { kernels: { value: { ...machine.kernels, resize } } }) as Machine;
  const program = cpuProgram(counted, sequential([1, side, side], [flatten()]), { batchSize: 2 });
  return { program, resized: () => calls };
}

const dataOf = (source: BatchSource["source"], side: number): BatchSource => ({
  source,
  size: [side, side],
  scale: 1,
  labels: "integer",
});

for (const [name, makeMachine] of [["wasm", () => wasmMachine("simd128")], ["reference", referenceMachine]] as const) {
  describe(`data sets in the memory of a program (${name})`, () => {
    test("are bounded however many there are, and one that went comes back as it was", async () => {
      const machine = makeMachine(), { program } = counting(machine, 512);
      const first = dataOf(images(8, 1), 512);
      program.load(first, [1, 7]);
      const before = await program.input();
      // Sets of 2 to 4 MiB, 120 MiB of them.
      for (let set = 0; set < 40; set++) program.load(dataOf(images(8 + set * 5 % 9, set), 512), [0]);
      const held = machine.allocate(0) / MIB;
      assert(held < 96, `${held} MiB are held`);
      program.load(first, [1, 7]);
      assertEquals(await program.input(), before);
    });

    test("four of any size take turns without being uploaded again", () => {
      const { program, resized } = counting(makeMachine(), 512);
      const sets = [1, 2, 3, 4].map((set) => dataOf(images(68, set), 512));
      for (let turn = 0; turn < 3; turn++) for (const data of sets) program.load(data, [turn]);
      assertEquals(resized(), 4);
    });
  });
}

test("the images of another object around the same bytes are not uploaded again", () => {
  const { program, resized } = counting(wasmMachine("simd128"), 4), source = images(3, 1);
  for (let turn = 0; turn < 3; turn++) program.load(dataOf({ ...source }, 4), [turn]);
  assertEquals(resized(), 1);
});

test("the four data sets used last stay, and as many more as take 64 MiB", () => {
  const dropped: number[] = [];
  const recent = new Recent<{ bytes: number; name: number }>(({ name }) => dropped.push(name));
  const add = (name: number, bytes: number) => {
    const upload = { name, bytes };
    recent.makeRoom(bytes);
    recent.add(upload);
    return upload;
  };

  const large = [1, 2, 3, 4].map((name) => add(name, 1000 * MIB));
  assertEquals(dropped, []);
  recent.use(large[0]!);
  add(5, 1);
  assertEquals(dropped, [2]);
  assert(recent.use(large[0]!) && !recent.use(large[1]!), "what was dropped is of no use");
  for (let name = 6; name < 10; name++) add(name, 16 * MIB - 1);
  assertEquals(dropped, [2, 3, 4, 5, 1]);
  for (let name = 10; name < 14; name++) add(name, 1);
  assertEquals(dropped, [2, 3, 4, 5, 1]);
  add(14, 1);
  assertEquals(dropped, [2, 3, 4, 5, 1, 6]);
});

test("regions never overlap, and what is given back is taken again", () => {
  const machine = referenceMachine(), regions = new Regions(machine), random = new Random(1, 0);
  const taken: { start: number; bytes: number }[] = [];
  for (let turn = 0; turn < 2000; turn++) {
    if (taken.length === 8) {
      const [{ start, bytes }] = taken.splice(random.bits() % 8, 1) as [{ start: number; bytes: number }];
      regions.give(start, bytes);
    }
    const bytes = random.bits() % 4096, start = regions.take(bytes);
    assertEquals(start % 64, 0);
    assert(taken.every((other) => other.start + other.bytes <= start || start + bytes <= other.start), "they overlap");
    taken.push({ start, bytes });
  }
  // All of it is one region again.
  for (const { start, bytes } of taken) regions.give(start, bytes);
  const end = machine.allocate(0), all = end - 64;
  assert(all <= 3 * 8 * 4096, `${all} bytes for at most ${8 * 4096}`);
  assertEquals(regions.take(all), 64);
  assertEquals(machine.allocate(0), end);
});

for (const engine of ["wasm", "reference"] satisfies EngineName[]) {
  test(`pixels are those of a whole data set, and refuse an index outside (${engine})`, async () => {
    const opened = await openEngine({ engine }), data = dataOf(images(9, 5), 3);
    const program = opened.program(sequential([1, 3, 3], [flatten()]), { batchSize: 2 });
    program.load(data, [8, 2]);
    assertEquals(await pixels(opened, data, [8, 2]), await program.input());
    await assertRejects(() => pixels(opened, data, [0, 9]), RangeError, "index 9");
  });
}
