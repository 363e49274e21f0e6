/**
 * A program: a network at a batch size as lists of calls over buffers that are allocated once, on whatever device.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { checkOwnGradients, checkStatistics } from "../nn/mixing.ts";
import { type Network, type Optimizer, sizeOf } from "../nn/mod.ts";
import type {
  Activation,
  Backend,
  BatchMemory,
  Call,
  Clipping,
  DeviceParameters,
  Losses,
  LossMode,
} from "./backend.ts";
import { Batch } from "./batch.ts";
import { checkRegression } from "./batch_checks.ts";
import type { BatchSource, Divergence, Inversion, Program, ProgramOptions } from "./engine.ts";
import { ProgramInversion } from "./inversion.ts";
import { type Passes, passesOf } from "./passes.ts";

function run(calls: readonly Call[]): void {
  for (let i = 0; i < calls.length; i++) calls[i]!();
}

/** A network in a device's memory. */
export class DeviceProgram<A extends Activation> implements Program {
  readonly network: Network;
  readonly batchSize: number;
  readonly parameters: DeviceParameters;
  readonly #backend: Backend<A>;
  readonly #input: A;
  readonly #output: A;
  readonly #memory: BatchMemory<A>;
  readonly #batch: Batch<A>;
  readonly #losses: Losses;
  readonly #passes: Passes<A>;
  #clipping: Clipping | undefined;
  /** The number of the step of training to come, if its caller gives it none. */
  #nextStep = 0;
  #inversion: Inversion | undefined;

  /** Allocates everything the program will ever need, but for data sets, which are uploaded when first loaded. */
  constructor(
    backend: Backend<A>,
    parameters: DeviceParameters,
    network: Network,
    { batchSize, gradients = "none" }: ProgramOptions,
  ) {
    this.network = network;
    this.batchSize = batchSize;
    this.parameters = parameters;
    this.#backend = backend;
    const ofInput = gradients === "input" || gradients === "both";
    const ofParameters = gradients === "parameters" || gradients === "both";
    this.#input = backend.input(network.inputShape, ofInput);
    this.#passes = passesOf(backend, network, this.#input, { ofInput, ofParameters });
    this.#output = this.#passes.output;
    const outputs = sizeOf(this.#output.shape);
    this.#memory = backend.batch(this.#input, outputs);
    this.#batch = new Batch(this.#memory, backend.pass, this.#input, outputs, batchSize);
    this.#losses = backend.losses(this.#output);
  }

  load(source: BatchSource, indices: ArrayLike<number>): void {
    this.#batch.load(source, indices);
  }

  setInput(values: Float32Array, labels?: ArrayLike<number>): void {
    this.#batch.setInput(values, labels);
  }

  input(): Promise<Float32Array> {
    return this.#memory.read(this.#input, "value");
  }

  #requireBatch(): void {
    if (this.#backend.pass.images === 0) {
      throw new TypeError("the program has no batch yet: call load or setInput first");
    }
  }

  /** The network as it will be when it is done. */
  #evaluate(): void {
    this.#requireBatch();
    this.#backend.pass.training = false;
    run(this.#passes.forward);
  }

  /** The network in a step of training, or in its next part. */
  #train(step: number | undefined, isNextPart = false): void {
    this.#requireBatch();
    const { pass } = this.#backend;
    checkStatistics(this.network, pass.images);
    if (!isNextPart) {
      pass.step = integer("step", step ?? this.#nextStep, 0);
      this.#nextStep = pass.step + 1;
      pass.first = 0;
    }
    pass.training = true;
    run(this.#passes.forward);
  }

  forward(): void {
    this.#evaluate();
    this.#backend.submit();
  }

  output(): Promise<Float32Array> {
    return this.#memory.read(this.#output, "value");
  }

  #crossEntropy(withGradient: boolean, mode: LossMode = "set", isStep = false): void {
    if (!this.#batch.hasLabels) throw new TypeError("the batch has no labels: load one from a data set");
    const { shape } = this.#output;
    if (shape.length !== 1) {
      throw new TypeError(
        `softmax cross entropy needs a flat output, but the network gives [${shape}]: end it with flatten()`,
      );
    }
    this.#losses.crossEntropy(withGradient, mode, isStep);
  }

  losses(): Promise<Float32Array> {
    this.#evaluate();
    this.#crossEntropy(false);
    return this.#losses.read();
  }

  #requireGradients(): void {
    if (!this.#output.gradient) {
      throw new TypeError(
        'this program computes no gradients: make it with `gradients: "parameters"`, of a network that has parameters',
      );
    }
  }

  #gradients(isStep: boolean, step?: number): void {
    this.#requireGradients();
    this.#train(step);
    this.#crossEntropy(true, "set", isStep);
    this.#runBackward();
  }

  #runBackward(): void {
    run(this.#passes.backward);
    this.parameters.atUpdate(this.#passes.statistics);
  }

  gradients(step?: number): void {
    this.#gradients(false, step);
    this.#backend.submit();
  }

  clippedGradients(clip: number, step?: number): void {
    this.#requireGradients();
    checkOwnGradients(this.network);
    const { pass } = this.#backend, { isGathering } = this.parameters;
    const clipping = this.#clipping ??= this.#backend.clipping(this.#output);
    this.#train(step, isGathering);
    clipping.begin();
    this.#crossEntropy(true, isGathering ? "add" : "set", true);
    run(this.#passes.squares);
    // The gradient once more: the layers may have overwritten it.
    this.#crossEntropy(true, "leave");
    clipping.clip(clip);
    run(this.#passes.backward);
    pass.first += pass.images;
    this.parameters.addGradients();
    this.#backend.submit();
  }

  trainStep(optimizer: Optimizer, step?: number): void {
    if (optimizer.kind === "dpSgd") this.clippedGradients(optimizer.clip, step);
    else this.#gradients(true, step);
    this.parameters.update(optimizer);
  }

  regressStep(targets: Float32Array, optimizer: Optimizer, step?: number): void {
    this.#requireBatch();
    this.#requireGradients();
    const { images } = this.#backend.pass;
    checkRegression(targets, images, sizeOf(this.#output.shape), optimizer);
    this.#train(step);
    this.#losses.squaredError(targets);
    this.#runBackward();
    this.parameters.update(optimizer);
  }

  loss(): Promise<number> {
    return this.#losses.mean();
  }

  #requireInputGradient(): void {
    if (!this.#input.gradient) {
      throw new TypeError('this program computes no gradient of its input: make it with `gradients: "input"`');
    }
  }

  inputGradient(): Promise<Float32Array> {
    this.#requireInputGradient();
    return this.#memory.read(this.#input, "gradient");
  }

  inversion(): Inversion {
    this.#requireInputGradient();
    const backend = this.#backend, { pass } = backend;
    this.#inversion ??= new ProgramInversion(backend.inversion(this.#input, this.#output), pass, this.#output, {
      forward: () => this.#evaluate(),
      backward: () => run(this.#passes.backward),
      submit: () => backend.submit(),
    });
    return this.#inversion;
  }

  pressure(): Promise<unknown> | undefined {
    return this.parameters.watch.pressure() ?? this.#backend.pressure();
  }

  get diverged(): Divergence | undefined {
    return this.parameters.watch.diverged;
  }

  settled(): Promise<Divergence | undefined> {
    return this.parameters.watch.settled();
  }

  watch(): void {
    this.parameters.beginWatch();
  }
}
