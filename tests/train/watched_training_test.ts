/**
 * Training that diverges, and private training on odd batches, on every engine of the CPU; `tests/gpu/` has the same
 * for a GPU.
 */
import { describe, test } from "node:test";
import { openEngine } from "../../mod.ts";
import { ENGINES } from "../support/engines.ts";
import {
  changesNothing,
  goesOnAsBefore,
  leavesOutTheUnmeasurable,
  stopsAtTheStep,
  stopsSoon,
  tellsTheWholeBatch,
} from "../gpu/watched_training.ts";

for (const options of ENGINES) {
  describe(`on the ${options.engine} engine ${options.build ?? ""}`, () => {
    const on = () => openEngine(options.engine === "wasm" ? { ...options, threads: 1 } : options);

    test("training stops at the step that diverges, and leaves what was before it", async () =>
      stopsAtTheStep(await on()));

    test("callbacks are told of no step behind it", async () => stopsSoon(await on(), 0));

    test("steps change nothing from the first on whose loss is infinite", async () => changesNothing(await on()));

    test("training goes on as if no step had diverged", async () => goesOnAsBefore(await on()));

    test("private training tells the loss of the whole batch, and none of an empty one", async () =>
      tellsTheWholeBatch(await on()));

    test("an example whose gradient is too long for float32 adds nothing", async () =>
      leavesOutTheUnmeasurable(await on()));
  });
}
