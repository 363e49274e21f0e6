/** What MindArmour's suppressed training leaves behind, loaded as it is: the same logits as MindSpore's. */
import { assert, assertEquals } from "#std/assert";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  decodeSafetensors,
  type Engine,
  lenet5,
  loadCheckpoint,
  Model,
  openEngine,
  type Program,
  sgd,
} from "../../mod.ts";
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { ENGINES } from "../support/engines.ts";
import { missing, suppressedCheckpoint } from "../support/shared_data.ts";

const FILES: readonly [end: string, other: readonly string[]][] = [
  [".ckpt", []],
  ["_crc.ckpt", []],
  ["_append.ckpt", ["epoch", "lr", "note"]],
];

const NETWORK = lenet5();
const gpu = runtimeGpu(), adapter = await gpu?.requestAdapter();
const noGpu = adapter ? false : "there is no WebGPU here, or no adapter";

describe("a network suppressed by MindArmour", { skip: missing(suppressedCheckpoint) }, () => {
  const beside = (end: string) => suppressedCheckpoint.replace(/\.ckpt$/, end);
  for (const options of [...ENGINES, { engine: "webgpu" } as const]) {
    let opened: Promise<{ engine: Engine; program: Program }> | undefined;
    /** One for all files: a GPU without hardware compiles slowly. */
    const open = () =>
      opened ??= openEngine(options).then((engine) => ({
        engine,
        program: engine.program(NETWORK, { batchSize: 64 }),
      }));
    for (const [end, other] of FILES) {
      test(`(${end}) gives MindSpore's logits within 1e-5 (${options.engine} ${options.build ?? ""})`, {
        skip: options.engine === "webgpu" && noGpu,
      }, async () => {
        const { tensors } = decodeSafetensors(readFileSync(beside("_logits.safetensors")));
        const images = tensors.get("images")!.data as Float32Array,
          logits = tensors.get("logits")!.data as Float32Array;
        const { engine, program } = await open();
        const model = new Model({ engine, network: NETWORK, optimizer: sgd({ lr: 1 }) });
        const checkpoint = await loadCheckpoint(beside(end));
        assertEquals(await model.restore(checkpoint), { prefix: "networks.", missing: [], other });
        program.parameters.setValues(await model.parameters());
        for (let first = 0; first < 256; first += 64) {
          program.setInput(images.subarray(1024 * first, 1024 * (first + 64)));
          program.forward();
          (await program.output()).forEach((logit, i) => {
            const expected = logits[10 * first + i]!;
            assert(Math.abs(logit - expected) <= 1e-5, `logit ${i} from image ${first}: ${logit}, not ${expected}`);
          });
        }
      });
    }
  }

  test("(_append.ckpt) keeps the integer, the float and the text of append_dict apart", async () => {
    const { other } = await loadCheckpoint(beside("_append.ckpt"));
    assertEquals(other, {
      epoch: { dtype: "I64", shape: [], data: BigInt64Array.of(3n) },
      lr: { dtype: "F32", shape: [], data: Float32Array.of(0.05) },
      note: "abc",
    });
  });
});
