/**
 * The gradients of a pooled convolution as events: a gradient and the window of the input that it belongs to, and nothing where the gradient is 0.
 *
 * @module
 */
import { CONV_SHAPE, type Kernels, POOL_SHAPE } from "../kernels.ts";
import type { ReferenceMemory } from "./memory.ts";
import { convolved, type ConvShape, tapOf } from "./pooled_convolution.ts";

/** The int32 index of the first event: the next even one behind `outputs + 1` begins. */
function firstEvent(events: number, outputs: number): number {
  return events / 4 + 2 * Math.ceil((outputs + 1) / 2);
}

/** Calls `visit` with every event of an output, in order: where its window begins in the images (in floats), and its gradient. */
export function eachEvent(
  memory: ReferenceMemory,
  events: number,
  outputs: number,
  output: number,
  visit: (imageAt: number, gradient: number) => void,
): void {
  const first = firstEvent(events, outputs);
  const begins = memory.intsAt(events, outputs + 1);
  for (let event = begins[output]!; event < begins[output + 1]!; event++) {
    visit(memory.ints[first + 2 * event]! / 4, memory.floats[first + 2 * event + 1]!);
  }
}

/** Where the input of a weight is, in floats from the beginning of its window, in images `[lane][row][column][channel]`. */
function tapInImage(s: ConvShape, weightAt: number): number {
  const { channel, row, column } = tapOf(s, weightAt);
  return (row * s.width + column) * s.channels + channel;
}

/** dWeight of the listed weights = the sum over their output's events of gradient * input; the others' are left as they are. */
export function weightGradientOf(
  memory: ReferenceMemory,
  listed: Iterable<number>,
  [images, events, dWeight, conv]: readonly [number, number, number, number],
): void {
  const s = memory.record(conv, CONV_SHAPE);
  const inputs = memory.floatsAt(images, s.lanes * s.height * s.width * s.channels);
  const dWeights = memory.floatsAt(dWeight, s.outputs * s.channels * s.kernelHeight * s.kernelWidth);
  for (const weightAt of listed) {
    const tap = tapInImage(s, weightAt);
    let sum = 0;
    eachEvent(memory, events, s.outputs, tapOf(s, weightAt).output, (imageAt, gradient) => {
      sum += gradient * inputs[imageAt + tap]!;
    });
    dWeights[weightAt] = sum;
  }
}

/** dImages = the sum over all events of gradient * weight, from the listed weights alone; every element is written. */
export function inputGradientOf(
  memory: ReferenceMemory,
  listed: Iterable<number>,
  [events, weight, dImages, conv]: readonly [number, number, number, number],
): void {
  const s = memory.record(conv, CONV_SHAPE);
  const weights = memory.floatsAt(weight, s.outputs * s.channels * s.kernelHeight * s.kernelWidth);
  const sums = new Float64Array(s.lanes * s.height * s.width * s.channels);
  for (const weightAt of listed) {
    const tap = tapInImage(s, weightAt);
    eachEvent(memory, events, s.outputs, tapOf(s, weightAt).output, (imageAt, gradient) => {
      sums[imageAt + tap]! += gradient * weights[weightAt]!;
    });
  }
  memory.floatsAt(dImages, sums.length).set(sums);
}

/** The kernels of events over a memory. Sums run in float64; scratch is not used, nor is what is to spare. */
export function events(
  memory: ReferenceMemory,
): Pick<Kernels, "winnerEvents" | "eventBiasGradient" | "eventWeightGradient" | "eventInputGradient"> {
  function everyWeight(conv: number): Iterable<number> {
    const s = memory.record(conv, CONV_SHAPE);
    return new Uint32Array(s.outputs * s.channels * s.kernelHeight * s.kernelWidth).keys();
  }

  return {
    winnerEvents(dy, winner, events, _scratch, conv, pool) {
      const s = memory.record(conv, CONV_SHAPE);
      const p = memory.record(pool, POOL_SHAPE);
      const { rows, columns } = convolved(s);
      const pooledRows = Math.floor((rows - p.windowHeight) / p.strideHeight) + 1;
      const pooledColumns = Math.floor((columns - p.windowWidth) / p.strideWidth) + 1;
      const count = s.outputs * pooledRows * pooledColumns * s.lanes;
      const dys = memory.floatsAt(dy, count);
      const winners = memory.intsAt(winner, count);
      const begins = memory.intsAt(events, s.outputs + 1);
      const first = firstEvent(events, s.outputs);
      let at = 0;
      let event = 0;
      for (let output = 0; output < s.outputs; output++) {
        begins[output] = event;
        for (let row = 0; row < pooledRows; row++) {
          for (let column = 0; column < pooledColumns; column++) {
            for (let lane = 0; lane < s.lanes; lane++, at++) {
              const place = winners[at]!;
              if (dys[at] === 0 || place === -1) continue;
              const convRow = row * p.strideHeight + Math.floor(place / p.windowWidth);
              const convColumn = column * p.strideWidth + place % p.windowWidth;
              const pixel = convRow * s.strideHeight * s.width + convColumn * s.strideWidth;
              memory.ints[first + 2 * event] = 4 * (lane * s.height * s.width + pixel) * s.channels;
              memory.floats[first + 2 * event + 1] = dys[at]!;
              event++;
            }
          }
        }
      }
      begins[s.outputs] = event;
    },

    eventBiasGradient(events, dBias, conv) {
      const { outputs } = memory.record(conv, CONV_SHAPE);
      const dBiases = memory.floatsAt(dBias, outputs);
      for (let output = 0; output < outputs; output++) {
        let sum = 0;
        eachEvent(memory, events, outputs, output, (_, gradient) => sum += gradient);
        dBiases[output] = sum;
      }
    },

    eventWeightGradient(images, events, dWeight, _scratch, conv) {
      weightGradientOf(memory, everyWeight(conv), [images, events, dWeight, conv]);
    },

    eventInputGradient(events, weight, dImages, _scratch, conv) {
      inputGradientOf(memory, everyWeight(conv), [events, weight, dImages, conv]);
    },
  };
}
