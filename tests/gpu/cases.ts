/** Every case of the GPU tests. */
import { shaders } from "../../src/engine/generated/shaders.ts";
import { FUNCTIONS } from "../../src/engine/webgpu/site.ts";
import { assertEquals } from "./assert.ts";
import { attackCases } from "./attack_cases.ts";
import { batchNormCases } from "./batch_norm_cases.ts";
import { apart, branch, branchesRun, type Case } from "./case.ts";
import { failureCases } from "./failure_cases.ts";
import { networkCases } from "./network_cases.ts";
import { gpuNumberCases } from "./number_cases.ts";
import { restoreCases } from "./restore_cases.ts";
import { suppressCases } from "./suppress_cases.ts";
import { trainingCases } from "./training_cases.ts";
import { unitCases } from "./unit_cases.ts";
import { uploadCases } from "./upload_cases.ts";

/** Every branch that a shader's constants choose: the host gives each a value, or the shader does not compile. */
function branches(): string[] {
  const known = Object.entries(shaders).flatMap(([name, code]) => [
    branch(name),
    ...(/\bkind\b/.test(code) ? Object.values(FUNCTIONS).map((kind) => branch(name, "kind", kind)) : []),
  ]);
  const booleans = [...branchesRun].flatMap((run) => {
    const [, name, constant] = /^(\w+) with (\w+) (?:true|false)$/.exec(run) ?? [];
    return name && constant ? [branch(name, constant, false), branch(name, constant, true)] : [];
  });
  return [...known, ...new Set(booleans)];
}

/** The cases, in an order in which the last can look at the others. */
export const cases: readonly Case[] = [
  ...[
    networkCases,
    batchNormCases,
    suppressCases,
    unitCases,
    attackCases,
    gpuNumberCases,
    restoreCases,
    failureCases,
    uploadCases,
    trainingCases,
  ].flat().map(apart),
  {
    name: "every shader was run by the cases before, with each value of its booleans and kinds",
    run: () => {
      assertEquals(branches().filter((name) => !branchesRun.has(name)), []);
      return Promise.resolve();
    },
  },
];
