import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { referenceMachine } from "../../src/engine/cpu/reference/machine.ts";
import { ReferenceMemory } from "../../src/engine/cpu/reference/memory.ts";
import type { Kernels } from "../../src/engine/cpu/kernels.ts";
import type { Machine } from "../../src/engine/cpu/machine.ts";
import { assert, assertEquals, assertThrows } from "#std/assert";
import { compareKernel, input, MACHINES, output, scratch } from "../support/kernel_harness.ts";

/** A reference machine with some kernels replaced. */
function broken(replace: (machine: Machine) => Partial<Kernels>): [string, Machine][] {
  const machine = referenceMachine();
  const { kernels } = machine;
  const views = { floats: { get: () => machine.floats }, ints: { get: () => machine.ints } };
  const other = { kernels: { ...kernels, ...replace(machine) }, allocate: (bytes: number) => machine.allocate(bytes) };
  return [["broken", Object.defineProperties(other, views) as unknown as Machine]];
}

const X = Float32Array.of(-1, 2, -3, 4);

function relu(machines: [string, Machine][]): void {
  compareKernel("reluForward", [input(X), output(4, "equal"), 4], machines);
}

describe("the kernels", () => {
  test("are on every machine those of the reference engine, and no others", () => {
    for (const [name, machine] of MACHINES) {
      assertEquals(Object.keys(machine.kernels).sort(), Object.keys(referenceMachine().kernels).sort(), name);
    }
  });

  test("every file of the reference engine has its tests against the other engines", () => {
    const files = readdirSync(new URL("../../src/engine/cpu/reference/", import.meta.url));
    const rooms = files.filter((file) => !["machine.ts", "memory.ts", "taps.ts"].includes(file));
    const testOf = (file: string) => `kernels_${file.replace(".ts", "_test.ts")}`;
    assertEquals(rooms.map(testOf).filter((file) => !existsSync(new URL(file, import.meta.url))), []);
  });
});

describe("the families of kernels", () => {
  const root = new URL("../../", import.meta.url);
  const names = (folder: string) => readdirSync(new URL(folder, root)).map((file) => file.replace(".ts", ""));

  test("have an interface and a reference of one name each", () => {
    const others = ["machine", "memory", "taps"];
    const reference = names("src/engine/cpu/reference/").filter((name) => !others.includes(name));
    assertEquals(names("src/engine/cpu/kernels/").filter((name) => !others.includes(name)).sort(), reference.sort());
  });

  test("have their AssemblyScript in a file of that name, or in one whose name begins with it, with its shapes above", async () => {
    const homes = new Map<string, string>();
    for (const name of names("src/engine/cpu/kernels/").filter((name) => name !== "memory")) {
      const family = await import(new URL(`src/engine/cpu/reference/${name}.ts`, root).href);
      const [factory] = Object.values(family).filter((one) => {
        return typeof one === "function" && one.name === name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
      }) as ((memory: ReferenceMemory) => object)[];
      for (const kernel of Object.keys(factory!(new ReferenceMemory()))) homes.set(kernel, name);
    }
    const index = readFileSync(new URL("assembly/index.ts", root), "utf8");
    const seen: string[] = [];
    for (const [, list, file] of index.matchAll(/export (?:\{([^}]*)\}|\*) from "\.\/(\w+)"/g)) {
      if (file === "shares") continue;
      const text = readFileSync(new URL(`assembly/${file}.ts`, root), "utf8");
      const all = Array.from(text.matchAll(/^export function (\w+)\(/gm), ([, name]) => name!);
      const kernels = list?.split(",").map((name) => name.trim()).filter(Boolean) ?? all;
      for (const kernel of kernels) {
        const home = homes.get(kernel);
        assert(home && (file === home || file!.startsWith(`${home}_`)), `${kernel} of ${home} is in ${file}.ts`);
        assert(text.includes(` */\nexport function ${kernel}(`), `${kernel} has no shapes above it`);
        seen.push(kernel);
      }
    }
    assertEquals(seen.sort(), [...homes.keys()].sort());
  });
});

describe("the harness of the kernels", () => {
  test("passes a machine that does the same", () => relu(broken(() => ({}))));

  test("catches a wrong number", () => {
    const machines = broken((machine) => ({
      reluForward: (x, y, count) => {
        machine.floats.copyWithin(y / 4, x / 4, x / 4 + count);
      },
    }));
    assertThrows(() => relu(machines), Error, "element 0 of argument 1 is -1, but 0 on the reference");
  });

  test("catches an element left unwritten", () => {
    const machines = broken((machine) => ({
      reluForward: (_x, y) => {
        machine.floats.set([0, 2, 0], y / 4);
      },
    }));
    assertThrows(() => relu(machines), Error, "element 3 of argument 1 is NaN");
  });

  test("catches a write before and after a tensor, and into an input", () => {
    for (const at of ["before", "after", "input"]) {
      const machines = broken((machine) => ({
        reluForward: (x, y) => {
          machine.floats.set([0, 2, 0, 4], y / 4);
          machine.floats[at === "before" ? y / 4 - 1 : at === "after" ? y / 4 + 4 : x / 4] = 0;
        },
      }));
      assertThrows(() => relu(machines), Error, "where it must not");
    }
  });

  test("catches a sum that lost one of its terms", () => {
    const sum = (machines: [string, Machine][]) =>
      compareKernel(
        "biasGradient",
        [input(new Float32Array(800).fill(0.1)), output(1, { terms: 800 }), 1, 100, 8],
        machines,
      );
    sum(broken(() => ({})));
    const machines = broken((machine) => ({
      biasGradient: (dy, dBias) => {
        let sum = 0;
        for (let k = 0; k < 799; k++) sum += machine.floats[dy / 4 + k]!;
        machine.floats[dBias / 4] = sum;
      },
    }));
    assertThrows(() => sum(machines), Error, "biasGradient on broken");
  });

  test("catches a wrong result", () => {
    const machines = broken(() => ({ kthSmallestMagnitude: () => 3 }));
    const select = () => compareKernel("kthSmallestMagnitude", [input(X), 4, 1, scratch(2048)], machines);
    assertThrows(select, Error, "what kthSmallestMagnitude returns on broken");
  });
});

describe("the reference machine's memory", () => {
  test("gives aligned pointers to zeros, never 0, and keeps what it holds when it grows", () => {
    for (const precision of ["float32", "float64"] as const) {
      const machine = referenceMachine(precision);
      const first = machine.allocate(10);
      machine.floats[first / 4] = 0.1;
      machine.ints[first / 4 + 1] = 7;
      const second = machine.allocate(1_000_000);
      assertEquals([first, first % 64, second % 64], [64, 0, 0]);
      assertEquals(machine.floats[first / 4], precision === "float32" ? Math.fround(0.1) : 0.1);
      assertEquals(machine.ints[first / 4 + 1], 7);
      assertEquals(machine.floats.subarray(second / 4, second / 4 + 250_000).some((value) => value !== 0), false);
    }
  });

  test("refuses sizes that are none or beyond its reach, by name", () => {
    const machine = referenceMachine();
    for (const bytes of [-1, 0.5, NaN, Infinity]) {
      assertThrows(() => machine.allocate(bytes), RangeError, `the size of a region, in bytes, is ${bytes}`);
    }
    assertThrows(() => machine.allocate(2 ** 33), RangeError, "exceed the 4 GiB");
  });
});
