/**
 * Where the list of living weights becomes faster than the dense kernels: the time of both, in microseconds, for the
 * layers of LeNet-5 in batches of 32 at several shares of living weights. The constants in `src/engine/cpu/site.ts`
 * come from it.
 *
 *     deno run tests/bench/switch_points.ts
 */
import { GROUP_LANES, imageStride } from "../../src/engine/cpu/kernels/memory.ts";
import { lanesOf } from "../../src/engine/lanes.ts";
import { wasmMachine } from "../support/wasm_machine.ts";
import { Random } from "../../mod.ts";

const DENSITIES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8];
const LANES = lanesOf(32), SPARE = 1024;

const machine = wasmMachine("relaxed");
const { kernels: k } = machine;

function values(count: number, seed: number): number {
  const pointer = machine.allocate(4 * count + SPARE);
  k.fillUniform(pointer, count, seed, 0, -1, 1);
  return pointer;
}

function record(...fields: number[]): number {
  const pointer = machine.allocate(4 * fields.length);
  machine.ints.set(fields, pointer / 4);
  return pointer;
}

/** The fastest of many runs, in microseconds: what others do on the machine only adds. */
function fastest(run: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, (performance.now() - start) * 1000);
  }
  return best;
}

/** A layer's kernels: name, dense, by list; and its number of weights with what lists them. */
interface Layer {
  readonly weights: number;
  readonly list: (mask: number) => void;
  readonly kernels: readonly (readonly [name: string, dense: () => void, listed: () => void])[];
}

function pooled(name: string, channels: number, size: number, outputs: number): Layer {
  const width = size - 4, weights = outputs * channels * 25, count = outputs * (width / 2) ** 2 * LANES;
  const conv = record(channels, size, size, outputs, 5, 5, 1, 1, LANES),
    pool = record(outputs, width, width, 2, 2, 2, 2, LANES);
  const x = values(channels * size * size * LANES, 1),
    w = values(weights, 2),
    y = values(count, 3),
    winner = values(count, 3);
  const images = values(imageStride(channels, size * size) * LANES, 4),
    dImages = values(imageStride(channels, size * size) * LANES, 5),
    dw = values(weights, 6);
  const events = machine.allocate(8 * count + 4 * (outputs * (LANES / GROUP_LANES + 1) + 1)),
    scratch = machine.allocate(1 << 20),
    living = machine.allocate(8 * weights + SPARE),
    passes = machine.allocate(16 * weights + SPARE);
  k.pooledConvForward(x, w, 0, y, winner, scratch, conv, pool);
  k.winnerEvents(values(count, 7), winner, events, scratch, conv, pool);
  return {
    weights,
    list: (mask) => {
      k.listLiving(mask, living, conv);
      k.listLivingPasses(mask, passes, conv);
    },
    kernels: [
      [
        `${name} forward`,
        () => k.pooledConvForward(x, w, 0, y, winner, scratch, conv, pool),
        () => k.livingPooledConvForward(x, w, 0, y, winner, living, scratch, conv, pool),
      ],
      [
        `${name} weight gradient`,
        () => k.eventWeightGradient(images, events, dw, scratch, conv),
        () => k.livingEventWeightGradient(images, events, dw, passes, conv),
      ],
      [
        `${name} input gradient`,
        () => k.eventInputGradient(events, w, dImages, scratch, conv),
        () => k.livingEventInputGradient(events, w, dImages, passes, scratch, conv),
      ],
    ],
  };
}

function dense(name: string, inputs: number, outputs: number): Layer {
  const weights = inputs * outputs, conv = record(inputs, 1, 1, outputs, 1, 1, 1, 1, LANES);
  const x = values(inputs * LANES, 1), w = values(weights, 2), y = values(outputs * LANES, 3), dw = values(weights, 4);
  const scratch = machine.allocate(8 * inputs), living = machine.allocate(8 * weights + SPARE);
  return {
    weights,
    list: (mask) => void k.listLiving(mask, living, conv),
    kernels: [
      [
        `${name} forward`,
        () => k.denseForward(x, w, 0, y, inputs, outputs, LANES),
        () => k.livingDenseForward(x, w, 0, y, living, scratch, conv),
      ],
      [
        `${name} weight gradient`,
        () => k.denseWeightGradient(x, y, dw, inputs, outputs, LANES),
        () => k.livingDenseWeightGradient(x, y, dw, living, conv),
      ],
      [
        `${name} input gradient`,
        () => k.denseInputGradient(y, w, x, inputs, outputs, LANES),
        () => k.livingDenseInputGradient(y, w, x, living, conv),
      ],
    ],
  };
}

console.log(
  `${"".padEnd(24)} ${"dense".padStart(7)} ${DENSITIES.map((density) => String(density).padStart(7)).join("")}`,
);
for (
  const layer of [pooled("conv1", 1, 32, 6), pooled("conv2", 6, 14, 16), dense("fc1", 400, 120), dense("fc2", 120, 84)]
) {
  const mask = machine.allocate(4 * layer.weights);
  for (const [name, whole, listed] of layer.kernels) {
    const times = DENSITIES.map((density) => {
      const random = new Random(1);
      for (let i = 0; i < layer.weights; i++) machine.ints[mask / 4 + i] = random.uniform() < density ? -1 : 0;
      layer.list(mask);
      return fastest(listed);
    });
    const row = [fastest(whole), ...times].map((time) => time.toFixed(0).padStart(7));
    console.log(`${name.padEnd(24)} ${row.join("")}`);
  }
}
