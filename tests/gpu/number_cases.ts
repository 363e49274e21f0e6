/** Numbers that are none, on a GPU: the cases of all engines. */
import { numberCases } from "../support/number_cases.ts";
import { type Case, engineOf } from "./case.ts";

/** Each in both arrangements, whose shaders differ. */
export const gpuNumberCases: readonly Case[] = (["software", "hardware"] as const).flatMap((arrangement) =>
  numberCases.map(({ name, run }): Case => ({
    name: `${name} (${arrangement})`,
    async run(gpu) {
      const engine = await engineOf(gpu, arrangement);
      await run(engine, true);
    },
  }))
);
