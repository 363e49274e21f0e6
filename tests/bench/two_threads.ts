/**
 * Dense training steps of LeNet-5 per second, as a line of JSON: on one thread, on two, and of two independent programs
 * on a thread each, which is the most that two threads can give on this machine now. The three take turns of half a
 * second, so that what else the machine does meets all of them.
 */
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Dataset, drawnDigits, lenet5, openEngine, type Program, sgd } from "../../mod.ts";
import { median } from "./measure.ts";

const STEPS = 300, TURNS = 9;
/**
 * Places of what the two independent programs share: whether the second is to work, the steps it did, whether it is
 * ready.
 */
const WORK = 0, DONE = 1, READY = 2;

const digits = new Dataset(drawnDigits(128), { size: [32, 32], shuffleBuffer: 0 });
const batches = [...digits.epoch(1, 32)].map((indices) => indices.slice());
const optimizer = sgd({ lr: 1e-6 });

async function program(threads: number): Promise<Program> {
  return (await openEngine({ threads })).program(lenet5(), { batchSize: 32, gradients: "parameters" });
}

function step(program: Program, turn: number): void {
  program.load(digits, batches[turn % batches.length]!);
  program.trainStep(optimizer);
}

/** Milliseconds of a step, over a turn. */
function turnOf(program: Program): number {
  const start = performance.now();
  for (let i = 0; i < STEPS; i++) step(program, i);
  return (performance.now() - start) / STEPS;
}

/** The second of the independent programs. */
async function second(state: Int32Array): Promise<void> {
  const own = await program(1);
  for (let i = 0; i < 10 * STEPS; i++) step(own, i);
  Atomics.store(state, READY, 1);
  for (let turn = 0;; turn++) {
    Atomics.wait(state, WORK, 0);
    step(own, turn);
    Atomics.add(state, DONE, 1);
  }
}

/** The three rates: median of the turns. */
async function rates(): Promise<{ one: number; two: number; independent: number }> {
  const state = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(new URL(import.meta.url), { workerData: state });
  const one = await program(1), two = await program(2);
  while (!Atomics.load(state, READY)) await new Promise((resolve) => setTimeout(resolve, 10));
  for (let i = 0; i < 10; i++) [one, two].forEach(turnOf);
  const turns = Array.from({ length: TURNS }, () => {
    const alone = turnOf(one), threaded = turnOf(two);
    Atomics.store(state, WORK, 1);
    Atomics.notify(state, WORK);
    const before = Atomics.load(state, DONE), beside = turnOf(one), done = Atomics.load(state, DONE) - before;
    Atomics.store(state, WORK, 0);
    step(one, 0);
    return { one: 1000 / alone, two: 1000 / threaded, independent: (1 + done / STEPS) * 1000 / beside };
  });
  await worker.terminate();
  const middle = (name: "one" | "two" | "independent") => median(turns.map((turn) => turn[name]));
  return { one: middle("one"), two: middle("two"), independent: middle("independent") };
}

if (isMainThread) {
  console.log(JSON.stringify(await rates()));
  process.exit();
} else if (parentPort) await second(workerData as Int32Array);
