/** What happens when a GPU fails: named errors, and never a wrong number. */
import {
  type Checkpoint,
  Dataset,
  dense,
  DeviceLimitError,
  DeviceLostError,
  DeviceMemoryError,
  DeviceValidationError,
  drawnDigits,
  type Engine,
  EngineError,
  type EngineOptions,
  flatten,
  lenet5,
  Model,
  openEngine,
  relu,
  sequential,
  sgd,
} from "../../mod.ts";
import { altered, alteredGpu } from "./altered_gpu.ts";
import { assert, assertEquals, assertMatch, assertThrows, rejection } from "./assert.ts";
import { type Case, deviceOf, engineOver } from "./case.ts";
import { assertAllNear } from "./near.ts";

/** Compiled soon. */
const NETWORK = sequential([1, 28, 28], [flatten(), dense({ outputs: 16 }), relu(), dense({ outputs: 10 })]);
const digits = () => new Dataset(drawnDigits(160), { shuffleBuffer: 0 });
const modelOn = (engine: Engine) => new Model({ engine, network: NETWORK, optimizer: sgd({ lr: 0.05 }) });

async function lostInTraining(gpu: GPU): Promise<void> {
  let device: GPUDevice | undefined;
  const engine = await openEngine({ engine: "webgpu", gpu: alteredGpu(gpu, (real) => device = real) });
  const model = modelOn(engine);
  let checkpoint: Checkpoint | undefined;
  const onStepEnd = async ({ step }: { step: number }) => {
    if (step === 5) checkpoint = await model.checkpoint();
    if (step === 8) device!.destroy();
  };
  const error = await rejection(model.train(4, digits(), { batchSize: 32, callbacks: [{ onStepEnd }] }));
  assert(error instanceof DeviceLostError, `it is ${error.name}: ${error.message}`);
  assertMatch(error.message, /device is lost/);
  assert(await rejection(model.parameters()) instanceof DeviceLostError, "the device stays lost");

  // From the checkpoint on another engine: as if the whole had been trained there.
  const wasm = await openEngine({ engine: "wasm", threads: 1 }), again = modelOn(wasm), whole = modelOn(wasm);
  await again.restore(checkpoint!);
  assertEquals(again.steps, 5);
  await again.train(1, digits(), { batchSize: 32 });
  await whole.train(2, digits(), { batchSize: 32 });
  assertAllNear(await again.parameters(), await whole.parameters(), 1e-3, "trained on");
}

async function nonsense(gpu: GPU): Promise<void> {
  // A driver that is not there takes all commands and does nothing.
  const idle = (device: GPUDevice) => {
    const queue = altered(device.queue, { submit: () => {} });
    return altered(device, { queue });
  };
  const error = await rejection(openEngine({ engine: "webgpu", gpu: alteredGpu(gpu, idle) }));
  assert(error instanceof EngineError, error.name);
  assertMatch(error.message, /was refused: it computed 0 where -?\d+ is right/);
}

async function limit(gpu: GPU): Promise<void> {
  using engine = await openEngine({ engine: "webgpu", gpu });
  const large = lenet5();
  const network = { ...large, inputShape: [4096, 4096, 4096] } as unknown as typeof large;
  assertThrows(() => engine.program(network, { batchSize: 32 }), DeviceLimitError, "but this GPU allows at most");
}

async function validation(gpu: GPU): Promise<void> {
  const device = await deviceOf(gpu), buffer = device.buffer(64);
  device.run(device.kernel("elementwise", { count: 4, kind: 0 }, [buffer, buffer], [1, 1, 1]));
  const error = await rejection(device.read(buffer, 0, 16));
  assert(error instanceof DeviceValidationError, `it is ${error.name}: ${error.message}`);
  assertThrows(() => device.buffer(64), DeviceValidationError);
  device.dispose();
}

async function memory(gpu: GPU): Promise<void> {
  // Memory enough to be short of is more than a test may take: the device says so instead.
  const scopes: string[] = [];
  let short = false;
  const change = (device: GPUDevice) =>
    altered(device, {
      pushErrorScope: (filter: GPUErrorFilter) => {
        scopes.push(filter);
        device.pushErrorScope(filter);
      },
      popErrorScope: async () => {
        const filter = scopes.pop(), error = await device.popErrorScope();
        return short && filter === "out-of-memory" ? { message: "no room for 7 bytes" } : error;
      },
    });
  const engine = await openEngine({ engine: "webgpu", gpu: alteredGpu(gpu, change) });
  const program = engine.program(NETWORK, { batchSize: 1 });
  short = true;
  const error = await rejection(program.parameters.values());
  assert(error instanceof DeviceMemoryError, error.name);
  assertMatch(error.message, /out of memory: no room for 7 bytes/);
  engine.dispose();
}

async function disposed(gpu: GPU): Promise<void> {
  let program;
  {
    using engine = engineOver(await deviceOf(gpu));
    program = engine.program(NETWORK, { batchSize: 2, gradients: "parameters" });
  }
  const { parameters } = program;
  assert(await rejection(parameters.values()) instanceof EngineError, "reading");
  assertThrows(() => parameters.update(sgd({ lr: 1 })), EngineError, "disposed");
}

async function choice(gpu: GPU): Promise<void> {
  using asked = await openEngine({ engine: "webgpu", gpu });
  assertEquals(asked.name, "webgpu");
  assertMatch(asked.why, /^the webgpu engine on .+, because it was asked for$/);
  const info = { isFallbackAdapter: false, description: "Some GPU", vendor: "", architecture: "", device: "" };
  using hardware = await openEngine({ gpu: alteredGpu(gpu, (device) => device, { info, isFallbackAdapter: false }) });
  assertEquals(hardware.why, "the webgpu engine on Some GPU, a hardware adapter that passed the check");
  const software = { ...info, description: "SwiftShader Device" };
  const refused = await openEngine({ gpu: alteredGpu(gpu, (device) => device, { info: software }) });
  assertEquals(refused.name, "wasm");
  assertMatch(refused.why, /; not webgpu: the only adapter, SwiftShader Device, computes in software$/);
  const none = altered(gpu, { requestAdapter: () => Promise.resolve(null) });
  assertMatch((await openEngine({ gpu: none })).why, /; not webgpu: there is no adapter$/);
  assertMatch((await rejection(openEngine({ engine: "webgpu", gpu: none }))).message, /there is no adapter; take/);
  for (
    const wrong of [{ engine: "wasm", gpu }, { engine: "webgpu", build: "simd128" }, { engine: "webgpu", threads: 2 }]
  ) {
    assert(
      await rejection(openEngine(wrong as EngineOptions)) instanceof RangeError,
      JSON.stringify(Object.keys(wrong)),
    );
  }
}

/** The cases. */
export const failureCases: readonly Case[] = [
  {
    name: "a device lost in the middle of training is a DeviceLostError, and a checkpoint goes on elsewhere",
    run: lostInTraining,
  },
  { name: "an adapter that computes nonsense is refused", run: nonsense },
  { name: "what exceeds a limit of the device is a DeviceLimitError", run: limit },
  { name: "a command that the device refuses is a DeviceValidationError", run: validation },
  { name: "no memory left is a DeviceMemoryError", run: memory },
  { name: "an engine disposed of says so", run: disposed },
  { name: "openEngine takes a hardware adapter, a software adapter only if asked, and tells why", run: choice },
];
