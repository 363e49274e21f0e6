/** Events of a pooled convolution on a desk, and how far their sums may be from each other. */
import { type Desk, REFERENCE_DESK } from "./kernel_desk.ts";
import { ROUNDOFF } from "./kernel_harness.ts";
import { convRecord, type Pooled, poolRecord } from "./kernel_pooled.ts";
import type { Style } from "./kernel_values.ts";

/** The magnitudes of the values. */
export function absolute(values: Float32Array): Float32Array {
  return values.map(Math.abs);
}

/** Room for events, in words: the begins, and a pair for each element of dy and one more. */
export function eventWords({ firstEvent, pooled, conv }: Pooled): number {
  return firstEvent + 2 * (pooled * conv.lanes + 1);
}

/** Events in a desk's memory: where they are, how many words they take and how many they are. */
export interface Events {
  pointer: number;
  words: number;
  count: number;
}

/** Lists the events of dy on a desk. */
export function listEvents(desk: Desk, one: Pooled, dy: Float32Array, winner: Int32Array): Events {
  const pointer = desk.room(eventWords(one));
  const conv = desk.put(convRecord(one.conv)), pool = desk.put(poolRecord(one.pool));
  desk.kernels.winnerEvents(desk.put(dy), desk.put(winner), pointer, desk.room(one.places + 1), conv, pool);
  const count = desk.ints(pointer, one.conv.outputs + 1)[one.conv.outputs]!;
  return { pointer, words: one.firstEvent + 2 * count, count };
}

/** What rounding may do to sums of at most so many terms, of products whose magnitudes add up to `sums`: nothing if all are whole numbers. */
export function rounding(style: Style, terms: number, sums: Float32Array): number[] {
  return Array.from(sums, (sum) => style === "whole" ? 0 : (terms + 4) * ROUNDOFF * sum);
}

/** The sums of the magnitudes that the definitions of the events' gradients add up, for what rounding may do to them. */
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
  const bias = desk.room(one.conv.outputs), dWeight = desk.room(one.weights), dImages = desk.room(images.length);
  desk.kernels.eventBiasGradient(events, bias, conv);
  desk.kernels.eventWeightGradient(desk.put(absolute(images)), events, dWeight, 0, conv);
  desk.kernels.eventInputGradient(events, desk.put(absolute(weight)), dImages, 0, conv);
  return {
    bias: desk.floats(bias, one.conv.outputs),
    weight: desk.floats(dWeight, one.weights),
    images: desk.floats(dImages, images.length),
  };
}

/** At most how many events reach a pixel of a channel: one for each of its outputs, taps and the pooling windows over each of them. */
export function termsOfPixel({ weights, conv, places }: Pooled): number {
  return weights / conv.channels * places;
}
