/** Callbacks: what they are told during training, and the monitors among them. */
import { describe, test } from "node:test";
import { type Callback, dpSgd, LossMonitor, ProgressMonitor, type TrainingState } from "../../mod.ts";
import { assertAlmostEquals, assertEquals, assertMatch, assertRejects, assertThrows } from "#std/assert";
import { few, readerModel } from "../support/digit_reader.ts";

describe("callbacks", () => {
  const where = ({ epoch, epochs, stepInEpoch, batches, step, steps }: TrainingState) =>
    [epoch, epochs, stepInEpoch, batches, step, steps].join(" ");

  test("are told in order where training stands, and waited for", async () => {
    const told: string[] = [];
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
    const slow: Callback = {
      onTrainBegin: async (state) => (await pause(), void told.push(`begin ${where(state)}`)),
      onStepEnd: async (state) => (await pause(), void told.push(`step ${where(state)}`)),
      onEpochEnd: async (state) => (await pause(), void told.push(`epoch ${where(state)}`)),
      onTrainEnd: async (state) => (await pause(), void told.push(`end ${where(state)}`)),
    };
    const fast: Callback = { onStepEnd: (state) => void told.push(`fast ${state.step}`) };
    await (await readerModel()).train(2, few(64), { callbacks: [slow, fast] });
    assertEquals(told, [
      "begin 0 2 0 2 0 4",
      ...["step 1 2 1 2 1 4", "fast 1", "step 1 2 2 2 2 4", "fast 2", "epoch 1 2 2 2 2 4"],
      ...["step 2 2 1 2 3 4", "fast 3", "step 2 2 2 2 4 4", "fast 4", "epoch 2 2 2 2 4 4"],
      "end 2 2 2 2 4 4",
    ]);
  });

  test("that throw stop training, and the model can train again", async () => {
    const one = await readerModel();
    let calls = 0;
    const broken: Callback = {
      onStepEnd: () => {
        if (++calls === 3) throw new Error("enough");
      },
    };
    await assertRejects(() => one.train(1, few(320), { callbacks: [broken] }), Error, "enough");
    assertEquals([calls, one.steps], [3, 3]);
    const meanwhile: Callback = {
      onTrainBegin: () => assertRejects(() => one.train(1, few(64)), TypeError, "already training").then(() => {}),
    };
    await one.train(1, few(64), { callbacks: [meanwhile] });
    assertEquals(one.steps, 5);
  });

  test("LossMonitor prints the loss of every so many steps", async () => {
    const lines: string[] = [], losses: (number | undefined)[] = [];
    const monitor = new LossMonitor(3, (line) => lines.push(line));
    const look: Callback = { onStepEnd: async ({ loss }) => void losses.push(await loss()) };
    await (await readerModel()).train(2, few(128), { callbacks: [monitor, look] });
    assertEquals(lines, [
      `epoch: 1 step: 3, loss is ${losses[2]}`,
      `epoch: 2 step: 2, loss is ${losses[5]}`,
    ]);
    assertAlmostEquals(losses[0]!, 2.3, 0.8);
    assertThrows(() => new LossMonitor(0), RangeError, "perPrintTimes is 0; it must be a positive integer");
  });

  test("LossMonitor says that an empty batch has no loss", async () => {
    const lines: string[] = [];
    const optimizer = dpSgd({ lr: 0.1, clip: 1, noiseMultiplier: 1, batchSize: 1 });
    const { source, size, scale, labels } = few(8), epoch = () => [[], [3], []];
    const data = { source, size, scale, labels, sampling: "poisson", batches: () => 3, epoch } as const;
    const monitor = new LossMonitor(1, (line) => lines.push(line));
    const before: (number | undefined)[] = [];
    const look: Callback = { onTrainBegin: async ({ loss }) => void before.push(await loss()) };
    await (await readerModel({ optimizer })).train(1, data, { batchSize: 1, callbacks: [look, monitor] });
    assertEquals([lines[0], lines[2]], [1, 3].map((step) => `epoch: 1 step: ${step}, loss is absent (empty batch)`));
    assertMatch(lines[1]!, /^epoch: 1 step: 2, loss is \d\.\d+$/);
    assertEquals(before, [undefined]);
  });

  test("ProgressMonitor reports every so many steps and after the last one", async () => {
    const steps: number[] = [];
    await (await readerModel()).train(2, few(160), {
      callbacks: [new ProgressMonitor(({ step }) => void steps.push(step), 4)],
    });
    assertEquals(steps, [4, 8, 10]);
    assertThrows(() => new ProgressMonitor(() => {}, 1.5), RangeError, "everySteps is 1.5");
  });
});
