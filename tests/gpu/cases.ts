/** Every case of the GPU tests. */
import { shaders } from "../../src/engine/generated/shaders.ts";
import { assertEquals } from "./assert.ts";
import { attackCases } from "./attack_cases.ts";
import { type Case, shadersRun } from "./case.ts";
import { failureCases } from "./failure_cases.ts";
import { networkCases } from "./network_cases.ts";
import { gpuNumberCases } from "./number_cases.ts";
import { restoreCases } from "./restore_cases.ts";
import { suppressCases } from "./suppress_cases.ts";
import { trainingCases } from "./training_cases.ts";
import { uploadCases } from "./upload_cases.ts";

/** The cases, in an order in which the last can look at the others. */
export const cases: readonly Case[] = [
  ...networkCases,
  ...suppressCases,
  ...attackCases,
  ...gpuNumberCases,
  ...restoreCases,
  ...failureCases,
  ...uploadCases,
  ...trainingCases,
  {
    name: "every shader was run by the cases before",
    run: () => {
      assertEquals(Object.keys(shaders).filter((name) => !shadersRun.has(name)), []);
      return Promise.resolve();
    },
  },
];
