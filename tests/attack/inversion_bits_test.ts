/** Inverted images do not depend on each other: one alone and many together get the same bits. */
import { describe, test } from "node:test";
import { type GenerateOptions, lenet5, openEngine, sizeOf, sliceNetwork } from "../../mod.ts";
import { assert, assertEquals, assertNotEquals } from "#std/assert";
import { drawn, inversionOn, SMALL, some } from "../support/attacked_network.ts";
import { WASM } from "../support/engines.ts";

const METHODS = ["sign", "adam"] as const;

for (const options of WASM) {
  describe(`the inversion attack (${options.build})`, () => {
    for (const method of METHODS) {
      test(`gives one image and many the same bits, in groups too (${method})`, async () => {
        const attack = await inversionOn(options, SMALL, "relu2");
        const images = 33;
        const starts = drawn(images, 1, SMALL, 0.05), targets = await attack.features(drawn(images, 2, SMALL));
        const settings: GenerateOptions = { method, iterations: 30 };
        const together = await attack.generate(targets, { ...settings, starts });
        for (const [from, count] of [[0, 1], [5, 1], [31, 1], [32, 1], [3, 7], [8, 8], [20, 13]] as const) {
          const part = { ...settings, starts: some(starts, images, from, count) };
          const alone = await attack.generate(some(targets, images, from, count), part);
          assertEquals(alone, some(together, images, from, count), `${count} from ${from} on`);
        }
      });
    }

    test("begins anew as often as asked for, and keeps of each image what came nearest", async () => {
      const attack = await inversionOn(options, SMALL, "relu2");
      const images = 40, iterations = 10, targets = await attack.features(drawn(images, 2, SMALL));
      const losses: number[] = [], progress: number[] = [];
      const inverted = await attack.generate(targets, {
        iterations,
        restarts: 3,
        onLosses: (some, iteration) => void (iteration === iterations && losses.push(...some)),
        onProgress: (done, total) => void progress.push(done / total),
      });
      const first = await attack.generate(targets, { iterations });
      assertEquals(losses.length, 3 * images);
      let kept = 0;
      for (let image = 0; image < images; image++) {
        const [a, b, c] = [0, 1, 2].map((restart) => losses[restart * images + image]!) as [number, number, number];
        const isFirst = some(inverted, images, image).every((pixel, i) => pixel === some(first, images, image)[i]);
        assertEquals(isFirst, a <= Math.min(b, c), `image ${image}: ${a}, ${b}, ${c}`);
        kept += Number(isFirst);
      }
      assert(kept > 0 && kept < images, `${kept} of ${images} from the first`);
      assertEquals(progress, progress.toSorted((a, b) => a - b));
      assertEquals(progress.at(-1), 1);
    });

    test("gives one image of LeNet-5 and many the same bits, with starts of its own", async () => {
      const attack = await inversionOn(options, lenet5(), "relu3", { lossWeights: [1, 0.1, 5] });
      const images = 33, targets = await attack.features(drawn(images, 2, lenet5()));
      const together = await attack.generate(targets, { iterations: 8, seed: 4 });
      for (const count of [1, 3, 13]) {
        const alone = await attack.generate(some(targets, images, 0, count), { iterations: 8, seed: 4 });
        assertEquals(alone, some(together, images, 0, count), `${count} images`);
      }
      const other = await attack.generate(some(targets, images, 0), { iterations: 8, seed: 5 });
      assertNotEquals(other, some(together, images, 0));
    });

    test("sees the network's own activations, whatever the number of images", async () => {
      const engine = await openEngine(options), images = drawn(33, 3, SMALL);
      for (const { name } of SMALL.layers) {
        const part = sliceNetwork(SMALL, name);
        const program = engine.program(part, { batchSize: 33 });
        program.setInput(images);
        program.forward();
        const expected = await program.output();
        assertEquals(expected.length, 33 * sizeOf(part.outputShape));
        const attack = await inversionOn(options, SMALL, name);
        assertEquals(await attack.features(images), expected, name);
        const one = engine.program(part, { batchSize: 1 });
        one.setInput(some(images, 33, 32));
        one.forward();
        assertEquals(await one.output(), some(expected, 33, 32), name);
      }
      // The slice behind the last layer is the whole network.
      const whole = engine.program(SMALL, { batchSize: 33 });
      whole.setInput(images);
      whole.forward();
      assertEquals(await (await inversionOn(options, SMALL, "fc2")).features(images), await whole.output());
    });
  });
}
