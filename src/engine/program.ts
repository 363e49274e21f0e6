/**
 * A program: a network at a batch size as lists of calls over buffers that are allocated once, on whatever device.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import { checkOwnGradients, checkStatistics } from "../nn/mixing.ts";
import { type Network, type Optimizer, type PlacedLayer, sizeOf } from "../nn/mod.ts";
import type {
  Activation,
  Backend,
  BatchMemory,
  Call,
  Clipping,
  DeviceParameters,
  LayerCalls,
  Losses,
  LossMode,
} from "./backend.ts";
import { Batch } from "./batch.ts";
import { checkRegression } from "./batch_checks.ts";
import type { BatchSource, Divergence, Inversion, Program, ProgramOptions } from "./engine.ts";
import { ProgramInversion } from "./inversion.ts";

function run(calls: readonly Call[]): void {
  for (let i = 0; i < calls.length; i++) calls[i]!();
}

/** Throws unless a program can be of that batch size. */
export function checkBatchSize(batchSize: number): number {
  return integer("batchSize", batchSize, 1, 65536);
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
  readonly #forward: readonly Call[];
  readonly #backward: readonly Call[];
  /** What an update behind the backward pass of a step of training makes of the batch's statistics. */
  readonly #statistics: readonly Call[];
  /** As the backward pass, but each image's squared gradient length in place of the parameters' gradients. */
  readonly #squaresPass: readonly Call[];
  #clipping: Clipping | undefined;
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
    const layers: LayerCalls<A>[] = [];
    let activation = this.#input, ownsInput = false, reachesParameters = false;
    for (const group of backend.groups(network.layers)) {
      reachesParameters ||= group.some(({ parameters }: PlacedLayer) => Object.keys(parameters).length > 0);
      const withGradient = ofInput || (ofParameters && reachesParameters);
      const calls = backend.place(group, { input: activation, withGradient, ownsInput });
      layers.push({
        ...calls,
        parameterGradients: ofParameters ? calls.parameterGradients : [],
        inputGradient: activation.gradient ? calls.inputGradient : [],
      });
      // A flatten alone hands its input on: the network's input still may not be overwritten.
      ownsInput ||= group.some(({ layer }) => layer.kind !== "flatten");
      activation = calls.output;
    }
    this.#output = activation;
    this.#forward = layers.flatMap((layer) => layer.forward);
    const backward = (which: "parameterGradients" | "exampleSquares") =>
      layers.toReversed().flatMap((layer) => [...layer.events, ...layer[which], ...layer.inputGradient]);
    this.#backward = backward("parameterGradients");
    this.#squaresPass = backward("exampleSquares");
    this.#statistics = ofParameters ? layers.flatMap(({ statistics = [] }) => statistics) : [];
    const outputs = sizeOf(activation.shape);
    this.#memory = backend.batch(this.#input, outputs);
    this.#batch = new Batch(this.#memory, backend.pass, this.#input, outputs, batchSize);
    this.#losses = backend.losses(activation);
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

  #pass(training: boolean): void {
    this.#requireBatch();
    const { pass } = this.#backend;
    if (training) checkStatistics(this.network, pass.images);
    pass.training = training;
    run(this.#forward);
  }

  forward(): void {
    this.#pass(false);
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
    this.#pass(false);
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

  #gradients(isStep: boolean): void {
    this.#requireGradients();
    this.#pass(true);
    this.#crossEntropy(true, "set", isStep);
    this.#runBackward();
  }

  #runBackward(): void {
    run(this.#backward);
    this.parameters.atUpdate(this.#statistics);
  }

  gradients(): void {
    this.#gradients(false);
    this.#backend.submit();
  }

  clippedGradients(clip: number): void {
    this.#requireGradients();
    checkOwnGradients(this.network);
    const clipping = this.#clipping ??= this.#backend.clipping(this.#output);
    this.#pass(true);
    clipping.begin();
    this.#crossEntropy(true, this.parameters.isGathering ? "add" : "set", true);
    run(this.#squaresPass);
    // The gradient once more: the layers may have overwritten it.
    this.#crossEntropy(true, "leave");
    clipping.clip(clip);
    run(this.#backward);
    this.parameters.addGradients();
    this.#backend.submit();
  }

  trainStep(optimizer: Optimizer): void {
    if (optimizer.kind === "dpSgd") this.clippedGradients(optimizer.clip);
    else this.#gradients(true);
    this.parameters.update(optimizer);
  }

  regressStep(targets: Float32Array, optimizer: Optimizer): void {
    this.#requireBatch();
    this.#requireGradients();
    const { images } = this.#backend.pass;
    checkRegression(targets, images, sizeOf(this.#output.shape), optimizer);
    this.#pass(true);
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
      forward: () => this.#pass(false),
      backward: () => run(this.#backward),
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
