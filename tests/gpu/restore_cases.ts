/** Checkpoints restored on a GPU: all or nothing, and nothing left of before. */
import { adam, lenet5, openEngine, type Optimizer, type ParameterStore, sgd, sizeOf } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "./assert.ts";
import { type Case, engineOf } from "./case.ts";

const network = lenet5();

const stateOf = async (store: ParameterStore) => [await store.values(), await store.masks()];

/** Every parameter filled with a value, under other names. */
function filled(value: number, rename = (name: string) => name) {
  return Object.fromEntries(network.parameters.map(({ name, shape }) => {
    return [rename(name), { shape, data: new Float32Array(sizeOf(shape)).fill(value) }];
  }));
}

async function refused(gpu: GPU): Promise<void> {
  const engine = await engineOf(gpu);
  const parameters = engine.parameters(network.parameters, network.seed);
  parameters.restore({ parameters: filled(2), masks: { "fc3.bias": new Uint8Array(10).fill(1, 5) } });
  const before = await stateOf(parameters), bias = { shape: [10], data: new Float32Array(10) };
  const transposed = { shape: [84, 10], data: new Float32Array(840) };
  for (
    const [wrong, masks, message] of [
      [{}, {}, "missing are conv1.weight, conv2.weight, fc1.weight"],
      [{ ...filled(1), zz: bias, yy: bias }, {}, 'no parameters are named "zz", "yy"'],
      [{ ...filled(1), "fc3.weight": transposed }, {}, "fc3.weight has shape [84, 10], but the network's is [10, 84]"],
      [filled(1), { "fc3.bias": new Uint8Array(10).fill(3) }, "the mask of fc3.bias is 3 at 0"],
      [filled(1, (name) => `model.${name}`), {}, '{ prefix: "model." }'],
    ] as const
  ) {
    assertThrows(() => parameters.restore({ parameters: wrong, masks }), RangeError, message);
    assertEquals(await stateOf(parameters), before);
  }
  const good = new Float32Array(10);
  assertThrows(() => parameters.setValues({ "fc3.bias": good, "fc2.bias": good }), RangeError);
  assertThrows(
    () => parameters.setMasks({ "fc2.bias": new Uint8Array(84), "fc3.bias": new Uint8Array(1) }),
    RangeError,
  );
  assertEquals(await stateOf(parameters), before);
}

function anew(optimizer: Optimizer): Case {
  const run = async (gpu: GPU) => {
    const engine = await engineOf(gpu);
    const wasm = await openEngine({ engine: "wasm", threads: 1 }), results = [];
    for (const one of [engine, engine, wasm]) {
      const parameters = one.parameters(network.parameters, network.seed);
      const gradients = (value: number) => {
        for (const { name, shape } of network.parameters) {
          parameters.setGradient(name, new Float32Array(sizeOf(shape)).fill(value));
        }
      };
      // The second starts from scratch.
      if (results.length !== 1) {
        parameters.setMasks({ "fc1.weight": new Uint8Array(48000), "fc3.bias": new Uint8Array(10) });
        gradients(5);
        parameters.update(optimizer);
        gradients(7);
      }
      const fit = parameters.restore({
        parameters: filled(2, (name) => `networks.${name}`),
        masks: { "networks.fc3.bias": new Uint8Array(10).fill(1, 5) },
      });
      assertEquals(fit, { prefix: "networks.", missing: [], other: [] });
      gradients(1);
      parameters.update(optimizer);
      results.push([await parameters.values(), await parameters.masks()] as const);
    }
    const [[values, masks], fresh, other] = results as [typeof results[0] & object, ...typeof results];
    assertEquals([values, masks], [...fresh!]);
    assertEquals(masks, other![1]);
    assertEquals(Object.keys(masks), ["fc3.bias"]);
    for (const { name } of network.parameters) {
      values[name]!.forEach((value, i) => {
        const expected = other![0][name]![i]!;
        assert(Math.abs(value - expected) < 1e-5, `${name}[${i}] is ${value}, not ${expected}`);
      });
    }
  };
  return { name: `a restore begins ${optimizer.kind} anew, and drops masks that the checkpoint does not have`, run };
}

/** The cases. */
export const restoreCases: readonly Case[] = [
  { name: "a checkpoint that does not fit is refused, and changes nothing", run: refused },
  anew(sgd({ lr: 0.1 })),
  anew(adam({ lr: 0.1 })),
];
