/**
 * A program on a CPU machine: the network as lists of kernel calls over buffers that are allocated once.
 *
 * @module
 */
import { integer } from "../../checks/numbers.ts";
import { type Network, type Optimizer, sizeOf } from "../../nn/mod.ts";
import { Batch } from "./batch.ts";
import { checkRegression } from "../batch_checks.ts";
import type { BatchSource, Divergence, Inversion, Program, ProgramOptions } from "../engine.ts";
import { CpuInversion } from "./inversion.ts";
import { lanesOf } from "./kernels.ts";
import { layerCalls, layerGroups } from "./layers.ts";
import type { Activation, Call, LayerCalls } from "./site.ts";
import type { Machine } from "./machine.ts";
import { CpuParameters } from "./parameters.ts";

function run(calls: readonly Call[]): void {
  for (let i = 0; i < calls.length; i++) calls[i]!();
}

/** A network at a batch size in a machine's memory. */
export class CpuProgram implements Program {
  readonly network: Network;
  readonly batchSize: number;
  readonly parameters: CpuParameters;
  readonly #machine: Machine;
  readonly #batch: Batch;
  readonly #output: Activation;
  readonly #losses: number;
  /** Where the targets of a regression lie; allocated when first needed. */
  #targets = 0;
  readonly #forward: readonly Call[];
  readonly #backward: readonly Call[];
  /** As the backward pass, but each image's squared gradient length in place of the parameters' gradients. */
  readonly #squaresPass: readonly Call[];
  readonly #squares: number;
  #inversion: Inversion | undefined;
  /** Number of images whose losses were computed last. */
  #lossCount = 0;
  /** The sum and number of losses since the last update by "dpSgd", of the parts before the last one. */
  #earlier = { total: 0, count: 0 };

  /** Allocates everything the program will ever need, but for data sets, which are uploaded when first loaded. */
  constructor(machine: Machine, network: Network, { batchSize, gradients = "none" }: ProgramOptions) {
    integer("batchSize", batchSize, 1, 65536);
    this.network = network;
    this.batchSize = batchSize;
    this.#machine = machine;
    this.parameters = new CpuParameters(machine, network.parameters, network.seed);
    const lanes = lanesOf(batchSize);
    const ofInput = gradients === "input" || gradients === "both";
    const ofParameters = gradients === "parameters" || gradients === "both";
    const allocate = (shape: readonly number[]) => machine.allocate(4 * sizeOf(shape) * lanes);
    const input: Activation = {
      shape: network.inputShape,
      value: allocate(network.inputShape),
      gradient: ofInput ? allocate(network.inputShape) : 0,
    };
    this.#squares = machine.allocate(4 * lanes);
    const layers: LayerCalls[] = [];
    let activation = input, ownsInput = false, reachesParameters = false;
    for (const group of layerGroups(network.layers)) {
      reachesParameters ||= Object.keys(group[0]!.parameters).length > 0;
      const withGradient = ofInput || (ofParameters && reachesParameters);
      const calls = layerCalls({
        machine,
        parameters: this.parameters,
        lanes,
        squares: this.#squares,
        input: activation,
        withGradient,
        ownsInput,
      }, group);
      layers.push({
        ...calls,
        parameterGradients: ofParameters ? calls.parameterGradients : [],
        inputGradient: activation.gradient ? calls.inputGradient : [],
      });
      // A flatten hands its input on: if that is the network's input, it still may not be overwritten.
      ownsInput ||= calls.output.value !== activation.value;
      activation = calls.output;
    }
    this.#output = activation;
    this.#losses = machine.allocate(4 * lanes);
    this.#forward = layers.flatMap((layer) => layer.forward);
    const backward = (ofParameters: "parameterGradients" | "exampleSquares") =>
      layers.toReversed().flatMap((layer) => [...layer.events, ...layer[ofParameters], ...layer.inputGradient]);
    this.#backward = backward("parameterGradients");
    this.#squaresPass = backward("exampleSquares");
    this.#batch = new Batch(machine, input, sizeOf(activation.shape), batchSize, lanes);
  }

  load(source: BatchSource, indices: ArrayLike<number>): void {
    this.#batch.load(source, indices);
  }

  setInput(values: Float32Array, labels?: ArrayLike<number>): void {
    this.#batch.setInput(values, labels);
  }

  input(): Promise<Float32Array> {
    return Promise.resolve(this.#batch.read(this.#batch.input.value, sizeOf(this.#batch.input.shape)));
  }

  #requireBatch(): void {
    if (this.#batch.count === 0) throw new TypeError("the program has no batch yet: call load or setInput first");
  }

  forward(): void {
    this.#requireBatch();
    run(this.#forward);
  }

  output(): Promise<Float32Array> {
    return Promise.resolve(this.#batch.read(this.#output.value, sizeOf(this.#output.shape)));
  }

  /** The losses, and in `dLogits`, if that is not 0, their mean's gradient. */
  #crossEntropy(dLogits: number): void {
    const { count, lanes, classes, labelForm, labels, targets } = this.#batch;
    if (!labelForm) throw new TypeError("the batch has no labels: load one from a data set");
    if (this.#output.shape.length !== 1) {
      throw new TypeError(
        `softmax cross entropy needs a flat output, but the network gives [${this.#output.shape}]: end it with flatten()`,
      );
    }
    const { kernels } = this.#machine;
    const { value } = this.#output;
    if (labelForm === "integer") {
      kernels.softmaxCrossEntropy(value, labels, dLogits, this.#losses, classes, count, lanes);
    } else kernels.softmaxCrossEntropyOneHot(value, targets, dLogits, this.#losses, classes, count, lanes);
    this.#lossCount = count;
    this.#earlier = { total: 0, count: 0 };
  }

  /** The sum of the losses that were computed last. */
  #lossTotal(): number {
    let total = 0;
    for (let image = 0; image < this.#lossCount; image++) total += this.#machine.floats[this.#losses / 4 + image]!;
    return total;
  }

  losses(): Promise<Float32Array> {
    this.forward();
    this.#crossEntropy(0);
    const { floats } = this.#machine;
    return Promise.resolve(Float32Array.from(floats.subarray(this.#losses / 4, this.#losses / 4 + this.#lossCount)));
  }

  #requireGradients(): void {
    if (this.#output.gradient === 0) {
      throw new TypeError(
        'this program computes no gradients: make it with `gradients: "parameters"`, of a network that has parameters',
      );
    }
  }

  gradients(): void {
    this.#requireGradients();
    this.forward();
    this.#crossEntropy(this.#output.gradient);
    run(this.#backward);
  }

  clippedGradients(clip: number): void {
    this.#requireGradients();
    const { gradient, shape } = this.#output, { count, lanes } = this.#batch, { kernels, floats } = this.#machine;
    const { total, count: images } = this.#earlier, { isGathering } = this.parameters;
    const earlier = isGathering ? { total: total + this.#lossTotal(), count: images + this.#lossCount } : undefined;
    floats.fill(0, this.#squares / 4, this.#squares / 4 + lanes);
    this.forward();
    this.#crossEntropy(gradient);
    run(this.#squaresPass);
    // Once more: the layers may have overwritten it.
    this.#crossEntropy(gradient);
    kernels.clipExamples(gradient, this.#squares, sizeOf(shape), count, lanes, clip);
    run(this.#backward);
    this.parameters.addGradients();
    if (earlier) this.#earlier = earlier;
    this.parameters.watch.look(this.#earlier.total + this.#lossTotal());
  }

  trainStep(optimizer: Optimizer): void {
    if (optimizer.kind === "dpSgd") this.clippedGradients(optimizer.clip);
    else {
      this.gradients();
      this.parameters.watch.look(this.#lossTotal());
    }
    this.parameters.update(optimizer);
  }

  regressStep(targets: Float32Array, optimizer: Optimizer): void {
    this.#requireBatch();
    this.#requireGradients();
    const { count, lanes } = this.#batch, { value, gradient, shape } = this.#output, outputs = sizeOf(shape);
    checkRegression(targets, count, outputs, optimizer);
    this.#targets ||= this.#machine.allocate(4 * outputs * lanes);
    this.#batch.write(this.#targets, outputs, targets);
    run(this.#forward);
    this.#machine.kernels.squaredError(value, this.#targets, gradient, this.#losses, outputs, count, lanes);
    run(this.#backward);
    this.#lossCount = count;
    this.#earlier = { total: 0, count: 0 };
    this.parameters.watch.look(this.#lossTotal());
    this.parameters.update(optimizer);
  }

  loss(): Promise<number> {
    const { total, count } = this.#earlier;
    return Promise.resolve((total + this.#lossTotal()) / (count + this.#lossCount));
  }

  inputGradient(): Promise<Float32Array> {
    const { input } = this.#batch;
    if (!input.gradient) {
      throw new TypeError('this program computes no gradient of its input: make it with `gradients: "input"`');
    }
    return Promise.resolve(this.#batch.read(input.gradient, sizeOf(input.shape)));
  }

  inversion(): Inversion {
    if (!this.#batch.input.gradient) {
      throw new TypeError('this program computes no gradient of its input: make it with `gradients: "input"`');
    }
    const passes = { forward: () => run(this.#forward), backward: () => run(this.#backward) };
    this.#inversion ??= new CpuInversion(this.#machine, this.#batch, this.#output, this.#losses, passes);
    return this.#inversion;
  }

  pressure(): undefined {
    return undefined;
  }

  get diverged(): Divergence | undefined {
    return this.parameters.watch.diverged;
  }

  settled(): Promise<Divergence | undefined> {
    return Promise.resolve(this.diverged);
  }

  watch(): void {
    this.parameters.watch.begin();
  }
}
