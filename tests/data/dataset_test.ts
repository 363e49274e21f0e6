import { assert, assertEquals, assertNotEquals, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { Dataset, type DatasetOptions, SHUFFLE_STREAM } from "../../src/data/dataset.ts";
import type { LabelledImages } from "../../src/data/images.ts";
import { ShuffleBuffer } from "../../src/data/shuffle.ts";
import { Random } from "../../src/random/threefry.ts";

const source = (count: number, changes: Partial<LabelledImages> = {}): LabelledImages => ({
  name: "dark pixels",
  images: new Uint8Array(count * 6),
  count,
  channels: 1,
  height: 2,
  width: 3,
  labels: new Uint8Array(count),
  classes: 10,
  ...changes,
});

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
/** All samples of an epoch, batch boundaries forgotten. */
const order = (dataset: Dataset, epoch: number, batchSize = 1) =>
  [...dataset.epoch(epoch, batchSize)].flatMap((batch) => [...batch]);

const anyCase = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  shuffleBuffer: fc.oneof(fc.nat(70), fc.constant(2 ** 31 - 1)),
  seed: fc.nat(2 ** 32 - 1),
  repeat: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.integer({ min: 1, max: 70 }),
  epoch: fc.nat(1000),
});

describe("ShuffleBuffer", () => {
  test("yields every number once, and none before its place minus the buffer plus one", () => {
    fc.assert(fc.property(fc.nat(100), fc.nat(120), fc.nat(), (count, size, seed) => {
      const shuffle = new ShuffleBuffer(count, size, new Random(seed));
      const drawn = numbers(count).map(() => shuffle.next());
      assertEquals(sorted(drawn), numbers(count));
      drawn.forEach((sample, position) => assert(position >= sample - Math.max(1, size) + 1));
      assertEquals([shuffle.next(), shuffle.next()], [-1, -1]);
    }));
  });

  test("a buffer of everything makes all orders equally likely", () => {
    const random = new Random(5);
    const tally = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const shuffle = new ShuffleBuffer(4, 4, random);
      const key = `${numbers(4).map(() => shuffle.next())}`;
      tally.set(key, (tally.get(key) ?? 0) + 1);
    }
    assertEquals(tally.size, 24);
    // Chi-squared with 23 degrees of freedom exceeds 49.7 once in a thousand; with a fixed seed it cannot flicker.
    let chiSquared = 0;
    for (const n of tally.values()) chiSquared += (n - 1000) ** 2 / 1000;
    assert(chiSquared < 49.7, `chi-squared ${chiSquared}`);
  });

  test("any place of the buffer may be drawn, from the first to the last", () => {
    const firsts = new Set(numbers(300).map((seed) => new ShuffleBuffer(100, 10, new Random(seed)).next()));
    assertEquals(sorted(firsts), numbers(10));
  });

  test("counts and sizes that cannot be are refused", () => {
    for (const wrong of [-1, 0.5, NaN, 2 ** 31]) {
      assertThrows(() => new ShuffleBuffer(wrong, 1, new Random(1)), RangeError, `count is ${wrong}`);
      assertThrows(() => new ShuffleBuffer(1, wrong, new Random(1)), RangeError, `size is ${wrong}`);
    }
  });
});

describe("Dataset", () => {
  test("batches() is the number yielded, and the batches are full but for a kept remainder", () => {
    fc.assert(fc.property(anyCase, fc.boolean(), ({ count, batchSize, epoch, ...options }, dropRemainder) => {
      if (dropRemainder) batchSize = Math.min(batchSize, count);
      const dataset = new Dataset(source(count), { ...options, dropRemainder });
      const batches = [...dataset.epoch(epoch, batchSize)];
      assertEquals(batches.length, dataset.batches(batchSize));
      const perPass = batches.length / options.repeat;
      batches.forEach((batch, i) => {
        const last = i % perPass === perPass - 1;
        const rest = count % batchSize;
        assertEquals(batch.length, last && rest > 0 && !dropRemainder ? rest : batchSize);
      });
    }));
  });

  test("every pass is a permutation of the samples", () => {
    fc.assert(fc.property(anyCase, ({ count, batchSize, epoch, ...options }) => {
      const dataset = new Dataset(source(count), { ...options, dropRemainder: false });
      const drawn = order(dataset, epoch, batchSize);
      for (let pass = 0; pass < options.repeat; pass++) {
        assertEquals(sorted(drawn.slice(pass * count, (pass + 1) * count)), numbers(count));
      }
    }));
  });

  test("no sample comes out before its place minus the buffer plus one", () => {
    fc.assert(fc.property(anyCase, ({ count, epoch, shuffleBuffer, seed }) => {
      const drawn = order(new Dataset(source(count), { shuffleBuffer, seed }), epoch);
      drawn.forEach((sample, position) => assert(position >= sample - Math.max(1, shuffleBuffer) + 1));
    }));
  });

  test("the order does not depend on the size of the batches, nor on epochs drawn at the same time", () => {
    const dataset = new Dataset(source(100), { dropRemainder: false });
    const [one, two] = [dataset.epoch(1, 7), dataset.epoch(2, 9)];
    const mixed: number[] = [];
    for (const batch of one) {
      mixed.push(...batch);
      two.next();
    }
    assertEquals(mixed, order(dataset, 1, 64));
  });

  test("the same seed gives the same order; another epoch, pass or seed another", () => {
    const of = (seed: number, epoch: number, repeat = 1) => order(new Dataset(source(100), { seed, repeat }), epoch);
    assertEquals(of(1, 1), of(1, 1));
    const orders = [of(1, 0), of(1, 1), of(1, 2), of(2, 1), of(2 ** 32 - 1, 1)].map(String);
    assertEquals(new Set(orders).size, orders.length);
    const twice = of(1, 1, 2);
    assertNotEquals(twice.slice(0, 100), twice.slice(100));
    // Epoch 1 of two passes each draws passes 2 and 3.
    assertEquals(twice, [...of(1, 2), ...of(1, 3)]);
  });

  test("the order for seed 1 is this one for ever, on every runtime", () => {
    const dataset = new Dataset(source(12), { shuffleBuffer: 5 });
    assertEquals(order(dataset, 0), [3, 5, 2, 6, 0, 7, 10, 4, 9, 11, 8, 1]);
    assertEquals(order(dataset, 1), [1, 2, 6, 5, 4, 7, 8, 3, 11, 9, 0, 10]);
  });

  test("the stream of the shuffles is its own: stream 2^31 plus the pass", () => {
    const shuffle = new ShuffleBuffer(50, 10, new Random(9, 2 ** 31 + 4));
    assertEquals(SHUFFLE_STREAM, 2 ** 31);
    assertEquals(
      order(new Dataset(source(50), { seed: 9, shuffleBuffer: 10 }), 4),
      numbers(50).map(() => shuffle.next()),
    );
  });

  test("shuffleBuffer 0 keeps the order, and limit takes the first samples only", () => {
    const dataset = new Dataset(source(10), { shuffleBuffer: 0, limit: 7 });
    assertEquals([dataset.samples, dataset.limit, dataset.batches(3)], [7, 7, 2]);
    assertEquals([...dataset.epoch(1, 3)], [new Int32Array([0, 1, 2]), new Int32Array([3, 4, 5])]);
    assertEquals(sorted(order(new Dataset(source(10), { limit: 7 }), 1)), numbers(7));
  });

  test("inOrder() yields the same samples once, in order, with the remainder, prepared alike", () => {
    const dataset = new Dataset(source(10), {
      size: [32, 16],
      scale: 2,
      labels: "oneHot",
      limit: 7,
      repeat: 3,
      seed: 5,
    });
    const plain = dataset.inOrder();
    assertEquals([...plain.epoch(3, 4)], [new Int32Array([0, 1, 2, 3]), new Int32Array([4, 5, 6])]);
    const { source: _, ...rest } = { ...plain };
    assertEquals(rest, {
      size: [32, 16],
      scale: 2,
      labels: "oneHot",
      shuffleBuffer: 0,
      seed: 5,
      limit: 7,
      dropRemainder: false,
      sampling: "shuffle",
      repeat: 1,
    });
    assert(plain.source === dataset.source);
  });

  test("by Poisson sampling every sample takes part in each batch with the same probability, anew in every epoch", () => {
    const dataset = new Dataset(source(200), { sampling: "poisson", seed: 3 });
    const epochs = Array.from({ length: 40 }, (_, epoch) => [...dataset.epoch(epoch, 10)]);
    assert(epochs.every((batches) => batches.length === dataset.batches(10)));
    const batches = epochs.flat(), sizes = batches.map((batch) => batch.length);
    for (const batch of batches) assertEquals([...batch], [...new Set(batch)].sort((a, b) => a - b));
    // 800 batches of 200 samples at 0.05: 4 standard deviations of the mean size, and of its variance of 9.5.
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    const variance = sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / sizes.length;
    assert(Math.abs(mean - 10) < 4 * Math.sqrt(9.5 / 800), `batches have ${mean} samples on average`);
    assert(Math.abs(variance - 9.5) < 4 * 9.5 * Math.sqrt(2 / 800), `their sizes have a variance of ${variance}`);
    const counts = new Array<number>(200).fill(0);
    for (const batch of batches) for (const sample of batch) counts[sample]!++;
    // Each of 200 is drawn about 40 times: beyond 5 standard deviations in one of ten thousand cases.
    assert(counts.every((count) => Math.abs(count - 40) < 5 * Math.sqrt(38)), `${counts}`);
    assertNotEquals(epochs[0], epochs[1]);
    assertEquals([...dataset.epoch(0, 10)], epochs[0]);
    assertThrows(() => new Dataset(source(3), { sampling: "random" as "poisson" }), TypeError, 'sampling is "random"');
  });

  test("the defaults are the tutorial's", () => {
    const { size, scale, labels, shuffleBuffer, seed, limit, dropRemainder, repeat, samples } = new Dataset(source(10));
    assertEquals([...size, scale, labels, shuffleBuffer, seed, limit, dropRemainder, repeat, samples], [
      2,
      3,
      1 / 255,
      "integer",
      10_000,
      1,
      10,
      true,
      1,
      10,
    ]);
  });

  test("an option out of range is refused by its name, its value and the rule", () => {
    const refused = (options: unknown, text: string, type: typeof RangeError | typeof TypeError = RangeError) =>
      assertThrows(() => new Dataset(source(10), options as DatasetOptions), type, text);
    refused({ limit: 11 }, "limit is 11; it must be an integer from 1 to 10, the images of dark pixels");
    refused({ limit: 0 }, "limit is 0");
    refused({ size: [0, 32] }, "size[0], the height, is 0; it must be an integer from 1 to 4096");
    refused({ size: [32, 1e9] }, "size[1], the width, is 1000000000");
    refused({ size: 32 }, "size must be [height, width]", TypeError);
    refused({ size: [32] }, "size must be [height, width]", TypeError);
    refused({ scale: 0 }, "scale is 0");
    refused({ scale: Infinity }, "scale is Infinity");
    refused({ labels: "onehot" }, 'labels is "onehot"', TypeError);
    refused({ dropRemainder: 1 }, "dropRemainder must be true or false", TypeError);
    refused({ shuffleBuffer: -1 }, "shuffleBuffer is -1");
    refused({ shuffleBuffer: 2.5 }, "shuffleBuffer is 2.5");
    refused({ seed: 2 ** 32 }, "seed is 4294967296");
    refused({ seed: "1" }, "seed is 1");
    refused({ repeat: 0 }, "repeat is 0");
  });

  test("a wrong batch size or epoch is refused by the call itself", () => {
    const dataset = new Dataset(source(10), { repeat: 4 });
    assertThrows(() => dataset.batches(0), RangeError, "batchSize is 0");
    assertThrows(() => dataset.batches(11), RangeError, "batchSize is 11, but there are only 10 samples");
    assertThrows(() => dataset.epoch(1, 11), RangeError, "batchSize is 11, but there are only 10 samples");
    assertThrows(() => dataset.epoch(-1, 2), RangeError, "epoch is -1");
    assertThrows(() => dataset.epoch(1.5, 2), RangeError, "epoch is 1.5");
    assertThrows(() => dataset.epoch(2 ** 29, 2), RangeError, "epoch is 536870912");
    assertEquals(sorted([...dataset.epoch(2 ** 29 - 1, 10)].flatMap((batch) => [...batch])).length, 40);
    assertEquals([...dataset.inOrder().epoch(0, 2 ** 31 - 1)].length, 1);
  });

  test("a source that is not what it says it is, is refused before anything relies on it", () => {
    const refused = (changes: object, text: string, type: typeof RangeError | typeof TypeError = RangeError) =>
      assertThrows(() => new Dataset(source(10, changes)), type, text);
    refused({ images: new Uint8Array(59) }, "source.images has 59 bytes; 10 images of 1 x 2 x 3 take 60");
    refused({ labels: new Uint8Array(9) }, "source.labels has 9 labels for 10 images");
    refused({ labels: new Uint8Array(10).fill(10, 4) }, "source.labels[4] is 10; with 10 classes it must be below 10");
    refused({ classes: 257 }, "source.classes is 257");
    refused({ count: 0, images: new Uint8Array(0), labels: new Uint8Array(0) }, "source.count is 0");
    refused({ width: 2.5 }, "source.width is 2.5");
    refused({ images: new Array(60).fill(0) }, "must each be a Uint8Array", TypeError);
  });
});
