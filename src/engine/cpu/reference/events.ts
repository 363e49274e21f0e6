/**
 * The gradients of a pooled convolution as events: a gradient and the window of the input that it belongs to, and
 * nothing where the gradient is 0.
 *
 * @module
 */
import type { EventsKernels } from "../kernels/events.ts";
import { GROUP_LANES, imageStride, POOL_SHAPE } from "../kernels/memory.ts";
import type { ReferenceMemory } from "./memory.ts";
import { poolSizes } from "./pooling.ts";
import { type ConvShape, convShape, everyWeight, sizes, tapOf } from "./taps.ts";

/** Where the groups of an output's events begin, `[outputs][groups + 1]`, and the int32 index of the first event. */
function beginsOf(memory: ReferenceMemory, events: number, s: ConvShape): { begins: Int32Array; first: number } {
  const count = s.outputs * (s.lanes / GROUP_LANES + 1);
  return { begins: memory.intsAt(events, count), first: events / 4 + 2 * Math.ceil(count / 2) };
}

/**
 * Calls `visit` with every event of an output, in order: where its window begins in the images (in floats), and its
 * gradient.
 */
export function eachEvent(
  memory: ReferenceMemory,
  events: number,
  s: ConvShape,
  output: number,
  visit: (imageAt: number, gradient: number) => void,
): void {
  const { begins, first } = beginsOf(memory, events, s), groups = s.lanes / GROUP_LANES;
  const end = begins[output * (groups + 1) + groups]!;
  for (let event = begins[output * (groups + 1)]!; event < end; event++) {
    visit(memory.ints[first + 2 * event]! / 4, memory.floats[first + 2 * event + 1]!);
  }
}

/**
 * Where the input of a weight is, in floats from the beginning of its window, in images `[lane][row][column][channel]`.
 */
function tapInImage(s: ConvShape, weightAt: number): number {
  const { channel, row, column } = tapOf(s, weightAt);
  return (row * s.width + column) * s.channels + channel;
}

/**
 * dWeight of the listed weights = the sum over their output's events of gradient * input; the others' are left as they
 * are.
 */
export function eventWeightGradientOf(
  memory: ReferenceMemory,
  [images, events, dWeight]: readonly [number, number, number],
  conv: number,
  listed?: Int32Array,
): void {
  const s = convShape(memory, conv);
  const inputs = memory.floatsAt(images, s.lanes * imageStride(s.channels, s.height * s.width));
  const dWeights = memory.floatsAt(dWeight, sizes(s).weight);
  for (const weightAt of listed ?? everyWeight(s)) {
    const tap = tapInImage(s, weightAt);
    let sum = 0;
    eachEvent(memory, events, s, tapOf(s, weightAt).output, (imageAt, gradient) => {
      sum += gradient * inputs[imageAt + tap]!;
    });
    dWeights[weightAt] = sum;
  }
}

/** dImages = the sum over all events of gradient * weight, from the listed weights alone; every element is written. */
export function eventInputGradientOf(
  memory: ReferenceMemory,
  [events, weight, dImages]: readonly [number, number, number],
  conv: number,
  listed?: Int32Array,
): void {
  const s = convShape(memory, conv);
  const weights = memory.floatsAt(weight, sizes(s).weight);
  const sums = new Float64Array(s.lanes * imageStride(s.channels, s.height * s.width));
  for (const weightAt of listed ?? everyWeight(s)) {
    const tap = tapInImage(s, weightAt);
    eachEvent(memory, events, s, tapOf(s, weightAt).output, (imageAt, gradient) => {
      sums[imageAt + tap]! += gradient * weights[weightAt]!;
    });
  }
  memory.floatsAt(dImages, sums.length).set(sums);
}

/** The kernels of events over a memory. Sums run in float64; scratch is not used. */
export function events(
  memory: ReferenceMemory,
): EventsKernels {
  return {
    winnerEvents(dy, winner, events, _scratch, conv, pool) {
      const s = convShape(memory, conv);
      const { rows: height, columns: width } = sizes(s);
      const p = { ...memory.record(pool, POOL_SHAPE), channels: s.outputs, height, width, lanes: s.lanes };
      const { rows, columns, y: count } = poolSizes(p);
      const dys = memory.floatsAt(dy, count);
      const winners = memory.intsAt(winner, count);
      const { begins, first } = beginsOf(memory, events, s);
      const stride = imageStride(s.channels, s.height * s.width);
      let begin = 0;
      for (let output = 0; output < s.outputs; output++) {
        let event = output * rows * columns * s.lanes;
        for (let group = 0; group < s.lanes; group += GROUP_LANES) {
          begins[begin++] = event;
          for (let at = 0; at < rows * columns; at++) {
            for (let lane = group; lane < group + GROUP_LANES; lane++) {
              const element = (output * rows * columns + at) * s.lanes + lane;
              const place = winners[element]!;
              if (dys[element] === 0 || place === -1) continue;
              const row = Math.floor(at / columns), column = at % columns;
              const convRow = row * p.strideHeight + Math.floor(place / p.windowWidth);
              const convColumn = column * p.strideWidth + place % p.windowWidth;
              const pixel = convRow * s.strideHeight * s.width + convColumn * s.strideWidth;
              memory.ints[first + 2 * event] = 4 * (lane * stride + pixel * s.channels);
              memory.floats[first + 2 * event + 1] = dys[element]!;
              event++;
            }
          }
        }
        begins[begin++] = event;
      }
    },

    eventBiasGradient(events, dBias, conv) {
      const s = convShape(memory, conv);
      const dBiases = memory.floatsAt(dBias, s.outputs);
      for (let output = 0; output < s.outputs; output++) {
        let sum = 0;
        eachEvent(memory, events, s, output, (_, gradient) => sum += gradient);
        dBiases[output] = sum;
      }
    },

    eventWeightGradient: (images, events, dWeight, _scratch, conv) =>
      eventWeightGradientOf(memory, [images, events, dWeight], conv),

    eventInputGradient: (events, weight, dImages, _scratch, conv) =>
      eventInputGradientOf(memory, [events, weight, dImages], conv),
  };
}
