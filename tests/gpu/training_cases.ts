/** Training that diverges, and private training on odd batches, on a GPU. */
import type { Engine } from "../../mod.ts";
import { dropoutCases } from "../support/dropout_cases.ts";
import { type Case, engineOf } from "./case.ts";
import {
  changesNothing,
  goesOnAsBefore,
  leavesOutTheUnmeasurable,
  stopsAtTheStep,
  stopsSoon,
  tellsTheWholeBatch,
} from "./watched_training.ts";

/** Steps between two looks at the device, twice: one may be under way as long. */
const LAG = 256;

const on = (name: string, run: (engine: Engine) => Promise<void>): Case => ({
  name,
  run: async (gpu) => {
    const engine = await engineOf(gpu);
    await run(engine);
  },
});

/** The cases. */
export const trainingCases: readonly Case[] = [
  on("training stops at the step that diverges, and leaves what was before it", stopsAtTheStep),
  on("training stops soon in an epoch without end", (engine) => stopsSoon(engine, LAG)),
  on("steps change nothing from the first on whose loss is infinite", changesNothing),
  on("training goes on as if no step had diverged", goesOnAsBefore),
  on("private training tells the loss of the whole batch, and none of an empty one", tellsTheWholeBatch),
  on("an example whose gradient is too long for float32 adds nothing", leavesOutTheUnmeasurable),
  ...dropoutCases.map(({ name, run }) => on(name, run)),
];
