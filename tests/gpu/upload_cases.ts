/** The data sets in a GPU's memory: bounded however many there are, and the same when they come again. */
import { type BatchSource, flatten, openEngine, sequential } from "../../mod.ts";
import { altered, alteredGpu } from "./altered_gpu.ts";
import { assert, assertEquals, assertThrows } from "./assert.ts";
import type { Case } from "./case.ts";

const MIB = 2 ** 20;

/** An entry to WebGPU, and the bytes and number of its buffers that are not destroyed. */
function counting(gpu: GPU): { gpu: GPU; held: { bytes: number; buffers: number } } {
  const held = { bytes: 0, buffers: 0 };
  const createBuffer = (device: GPUDevice) => (descriptor: GPUBufferDescriptor) => {
    const buffer = device.createBuffer(descriptor), destroy = buffer.destroy.bind(buffer);
    held.bytes += descriptor.size;
    held.buffers++;
    buffer.destroy = () => {
      held.bytes -= descriptor.size;
      held.buffers--;
      return destroy();
    };
    return buffer;
  };
  return { gpu: alteredGpu(gpu, (device) => altered(device, { createBuffer: createBuffer(device) })), held };
}

function dataSet(count: number, first: number): BatchSource {
  const images = new Uint8Array(count * 64);
  for (let i = 0; i < images.length; i++) images[i] = first + i;
  const source = { images, count, channels: 1, height: 8, width: 8, labels: new Uint8Array(count), classes: 1 };
  return { source, size: [6, 6], scale: 1, labels: "integer" };
}

async function bounded(gpu: GPU): Promise<void> {
  const counted = counting(gpu), { held } = counted;
  using engine = await openEngine({ engine: "webgpu", gpu: counted.gpu });
  const [one, other] = [1, 2].map(() => engine.program(sequential([1, 6, 6], [flatten()]), { batchSize: 2 }));
  const first = dataSet(8, 1);
  one!.load(first, [1, 7]);
  const before = await one!.input();
  const set = (i: number) => dataSet(2 ** 16 + i % 5, i);
  one!.load(set(0), [0]);
  const { buffers } = held;
  // 80 MiB of images.
  for (let i = 1; i < 20; i++) [one, other][i % 2]!.load(set(i), [0]);
  assert(held.bytes < 66 * MIB, `${held.bytes / MIB} MiB are held`);
  assert(held.buffers < buffers + 30, `${held.buffers - buffers} buffers are held`);
  for (const program of [one!, other!]) {
    program.load(first, [1, 7]);
    assertEquals(await program.input(), before);
  }
}

async function inUse(gpu: GPU): Promise<void> {
  using engine = await openEngine({ engine: "webgpu", gpu });
  const network = sequential([1, 6, 6], [flatten()]);
  const [program, other] = [1, 2].map(() => engine.program(network, { batchSize: 2 }));
  const [first, ...others] = [1, 2, 3, 4, 5].map((set) => dataSet(2 ** 18, set));
  program!.load(first!, [3, 4]);
  const before = await program!.input();
  for (const data of others.slice(1)) program!.load(data, [0]);
  // This is only recorded; an index that is refused records nothing, but is a use of its data set.
  program!.load(first!, [3, 4]);
  for (const data of others.slice(1)) assertThrows(() => program!.load(data, [-1]), RangeError, "index -1");
  other!.load(others[0]!, [0]);
  assertEquals(await program!.input(), before);
}

/** The cases. */
export const uploadCases: readonly Case[] = [
  { name: "the memory that data sets take is bounded, and one that went comes back as it was", run: bounded },
  { name: "a data set that goes has served what was recorded", run: inUse },
];
