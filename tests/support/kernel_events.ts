/** Events of a pooled convolution on a desk, and how far their sums may be from each other. */
import { type Desk, REFERENCE_DESK } from "./kernel_desk.ts";
import { ROUNDOFF } from "./kernel_harness.ts";
import { convRecord, type Pooled, poolRecord, withoutSpare } from "./kernel_pooled.ts";
import type { Style } from "./kernel_values.ts";

/** The magnitudes of the values. */
export function absolute(values: Float32Array): Float32Array {
  return values.map(Math.abs);
}

/** Room for events, in words: the begins, and a pair for each element of dy. */
export function eventWords({ firstEvent, pooled, conv }: Pooled): number {
  return firstEvent + 2 * pooled * conv.lanes;
}

/**
 * The begins of a list of events, and the words of each output's pairs; what lies behind an output's last may be
 * anything.
 */
export function usedWords(words: Int32Array, { begins, firstEvent, groups, conv }: Pooled): Int32Array[] {
  const outputs = Array.from({ length: conv.outputs }, (_, output) => {
    const [begin, end] = [words[output * (groups + 1)]!, words[output * (groups + 1) + groups]!];
    return words.slice(firstEvent + 2 * begin, firstEvent + 2 * end);
  });
  return [words.slice(0, begins), ...outputs];
}

/** Events in a desk's memory: where they are, how many words their room has and how many they are. */
export interface Events {
  pointer: number;
  words: number;
  count: number;
}

/** Lists the events of dy on a desk. */
export function listEvents(desk: Desk, one: Pooled, dy: Float32Array, winner: Int32Array): Events {
  const words = eventWords(one), pointer = desk.room(words);
  const conv = desk.put(convRecord(one.conv)), pool = desk.put(poolRecord(one.pool));
  desk.kernels.winnerEvents(desk.put(dy), desk.put(winner), pointer, desk.room(one.places + 1), conv, pool);
  const [, ...outputs] = usedWords(desk.ints(pointer, words), one);
  return { pointer, words, count: outputs.reduce((sum, pairs) => sum + pairs.length / 2, 0) };
}

/**
 * What rounding may do to sums of at most so many terms, of products whose magnitudes add up to `sums`: nothing if all
 * are whole numbers.
 */
export function rounding(style: Style, terms: number, sums: Float32Array): number[] {
  return Array.from(sums, (sum) => style === "whole" ? 0 : (terms + 4) * ROUNDOFF * sum);
}

/**
 * The sums of the magnitudes that the definitions of the events' gradients add up, for what rounding may do to them.
 */
export interface Magnitudes {
  bias: Float32Array;
  weight: Float32Array;
  images: Float32Array;
}

/** The gradients' sums of magnitudes, by the reference machine from the magnitudes of all that goes in. */
export function magnitudesOf(
  one: Pooled,
  { dy, winner, images, weight }: { dy: Float32Array; winner: Int32Array; images: Float32Array; weight: Float32Array },
): Magnitudes {
  const desk = REFERENCE_DESK;
  const events = listEvents(desk, one, absolute(dy), winner).pointer;
  const conv = desk.put(convRecord(one.conv));
  const bias = desk.room(one.conv.outputs), dWeight = desk.room(one.weights), dImages = desk.room(one.imageFloats);
  desk.kernels.eventBiasGradient(events, bias, conv);
  desk.kernels.eventWeightGradient(desk.put(absolute(images)), events, dWeight, 0, conv);
  desk.kernels.eventInputGradient(events, desk.put(absolute(weight)), dImages, 0, conv);
  return {
    bias: desk.floats(bias, one.conv.outputs),
    weight: desk.floats(dWeight, one.weights),
    images: withoutSpare(desk.floats(dImages, one.imageFloats), one),
  };
}

/**
 * At most how many events reach a pixel of a channel: one for each of its outputs, taps and the pooling windows over
 * each of them.
 */
export function termsOfPixel({ weights, conv, places }: Pooled): number {
  return weights / conv.channels * places;
}
