/**
 * A program on a GPU: the network as lists of kernels over buffers that are allocated once. A step is one command buffer.
 *
 * @module
 */
import { type Network, type Optimizer, sizeOf } from "../../nn/mod.ts";
import { checkRegression } from "../batch_checks.ts";
import type { BatchSource, Divergence, Inversion, Program, ProgramOptions } from "../engine.ts";
import { lanesOf } from "../kernels.ts";
import { GpuBatch } from "./batch.ts";
import { Clipping } from "./clipping.ts";
import type { Device, Kernel } from "./device.ts";
import { GpuInversion } from "./inversion.ts";
import { layerGroups, layerKernels } from "./layers.ts";
import { Losses, SquaredError } from "./losses.ts";
import type { GpuParameters } from "./parameters.ts";
import { type Activation, type LayerKernels, reluGradient } from "./site.ts";
import type { GpuUploads } from "./uploads.ts";

/** What the cross entropy does to the losses: see the shader. */
const SET = 0, ADD = 1, LEAVE = 2;

/** A network at a batch size in a device's memory. */
export class GpuProgram implements Program {
  readonly network: Network;
  readonly batchSize: number;
  readonly parameters: GpuParameters;
  readonly #device: Device;
  readonly #batch: GpuBatch;
  readonly #output: Activation;
  readonly #forward: readonly Kernel[];
  readonly #backward: readonly Kernel[];
  readonly #makeClipping: () => Clipping;
  #clipping: Clipping | undefined;
  readonly #crossEntropy: Losses;
  readonly #crossEntropyKernels = new Map<boolean, Kernel>();
  #squaredError: SquaredError | undefined;
  /** The losses that were computed last, and of how many images. */
  #last: { readonly losses: Losses; readonly count: number };
  #inversion: Inversion | undefined;

  /** Allocates everything the program will ever need, but for data sets, which are uploaded when first loaded. */
  constructor(
    device: Device,
    uploads: GpuUploads,
    parameters: GpuParameters,
    network: Network,
    { batchSize, gradients = "none" }: ProgramOptions,
  ) {
    this.network = network;
    this.batchSize = batchSize;
    this.parameters = parameters;
    this.#device = device;
    const lanes = lanesOf(batchSize);
    const ofInput = gradients === "input" || gradients === "both";
    const ofParameters = gradients === "parameters" || gradients === "both";
    const pixels = () => device.buffer(4 * sizeOf(network.inputShape) * lanes);
    const input: Activation = {
      shape: network.inputShape,
      value: pixels(),
      gradient: ofInput ? pixels() : undefined,
      isRelu: false,
    };
    const layers: LayerKernels[] = [];
    let activation = input, reachesParameters = false;
    for (const group of layerGroups(network.layers)) {
      reachesParameters ||= group[0]!.weight !== undefined;
      const withGradient = ofInput || (ofParameters && reachesParameters);
      const kernels = layerKernels({ device, parameters, lanes, input: activation, withGradient }, group);
      layers.push(ofParameters ? kernels : { ...kernels, parameterGradients: [] });
      activation = kernels.output;
    }
    this.#output = activation;
    this.#forward = layers.flatMap((layer) => layer.forward);
    const before = reluGradient(device, activation, lanes), output = activation;
    this.#makeClipping = () => new Clipping(device, before, layers, output, lanes);
    this.#backward = [
      ...before,
      ...layers.toReversed().flatMap((layer) => [...layer.parameterGradients, ...layer.inputGradient]),
    ];
    this.#batch = new GpuBatch(device, uploads, input, {
      classes: sizeOf(activation.shape),
      capacity: batchSize,
      lanes,
    });
    this.#crossEntropy = new Losses(device, lanes, 1);
    this.#last = { losses: this.#crossEntropy, count: 0 };
  }

  #run(kernels: readonly Kernel[]): void {
    for (const kernel of kernels) this.#device.run(kernel);
  }

  load(source: BatchSource, indices: ArrayLike<number>): void {
    this.#batch.load(source, indices);
  }

  setInput(values: Float32Array, labels?: ArrayLike<number>): void {
    this.#batch.setInput(values, labels);
  }

  input(): Promise<Float32Array> {
    return this.#batch.read(this.#batch.input.value, sizeOf(this.#batch.input.shape));
  }

  #requireBatch(): void {
    if (this.#batch.count === 0) throw new TypeError("the program has no batch yet: call load or setInput first");
  }

  /** The forward pass. */
  #pass(): void {
    this.#requireBatch();
    this.#run(this.#forward);
  }

  forward(): void {
    this.#pass();
    this.#device.submit();
  }

  output(): Promise<Float32Array> {
    return this.#batch.read(this.#output.value, sizeOf(this.#output.shape));
  }

  /**
   * Of what the last forward gave: the losses, and their mean's gradient if it is wanted; `step` is that of training, 0
   * for none.
   */
  #crossEntropyOf(withGradient: boolean, mode = SET, step = 0): void {
    const { value, gradient, shape } = this.#output, { count, lanes, hasLabels, labels } = this.#batch;
    if (!hasLabels) throw new TypeError("the batch has no labels: load one from a data set");
    if (shape.length !== 1) {
      throw new TypeError(
        `softmax cross entropy needs a flat output, but the network gives [${shape}]: end it with flatten()`,
      );
    }
    let kernel = this.#crossEntropyKernels.get(withGradient);
    if (!kernel) {
      const { buffer } = this.#crossEntropy, written = withGradient ? gradient! : this.#device.buffer(4);
      kernel = this.#device.kernel(
        "softmax_cross_entropy",
        { classes: shape[0], lanes, withGradient },
        [value, labels, written, buffer, this.parameters.watch.buffer],
        [Math.ceil(lanes / 8), 1, 1],
      );
      this.#crossEntropyKernels.set(withGradient, kernel);
    }
    this.#device.run(kernel, count, mode, step);
    if (mode !== LEAVE) {
      this.#last = { losses: this.#crossEntropy, count: count + (mode === ADD ? this.#last.count : 0) };
    }
  }

  losses(): Promise<Float32Array> {
    this.#pass();
    this.#crossEntropyOf(false);
    return this.#crossEntropy.read(this.#batch.count);
  }

  #requireGradients(): void {
    if (!this.#output.gradient) {
      throw new TypeError(
        'this program computes no gradients: make it with `gradients: "parameters"`, of a network that has parameters',
      );
    }
  }

  #gradients(step = 0): void {
    this.#requireGradients();
    this.#pass();
    this.#crossEntropyOf(true, SET, step);
    this.#run(this.#backward);
  }

  gradients(): void {
    this.#gradients();
    this.#device.submit();
  }

  clippedGradients(clip: number): void {
    this.#requireGradients();
    this.#clipping ??= this.#makeClipping();
    this.#pass();
    const { isGathering, watch } = this.parameters, mode = isGathering ? ADD : SET;
    const setGradient = (isLast: boolean) =>
      this.#crossEntropyOf(true, isLast ? mode : LEAVE, isLast ? watch.steps + 1 : 0);
    this.#clipping.run(setGradient, this.#batch.count, clip);
    this.#run(this.#backward);
    this.parameters.addGradients();
    this.#device.submit();
  }

  trainStep(optimizer: Optimizer): void {
    if (optimizer.kind === "dpSgd") this.clippedGradients(optimizer.clip);
    else this.#gradients(this.parameters.watch.steps + 1);
    this.parameters.update(optimizer);
  }

  regressStep(targets: Float32Array, optimizer: Optimizer): void {
    this.#requireBatch();
    this.#requireGradients();
    const { count, lanes } = this.#batch, outputs = sizeOf(this.#output.shape);
    checkRegression(targets, count, outputs, optimizer);
    const { watch } = this.parameters;
    const error = this.#squaredError ??= new SquaredError(this.#device, this.#output, lanes, 0, watch.buffer);
    this.#batch.write(error.targets, outputs, targets);
    error.setWeights(new Array<number>(count).fill(1 / outputs));
    this.#run(this.#forward);
    error.run(1, 1 / count, watch.steps + 1);
    this.#run(this.#backward);
    this.#last = { losses: error.losses, count };
    this.parameters.update(optimizer);
  }

  async loss(): Promise<number> {
    const { losses, count } = this.#last;
    // Of a batch done in parts, an image's place holds the sum of all that were there.
    const held = await losses.read(Math.min(count, this.#batch.lanes));
    return held.reduce((sum, loss) => sum + loss, 0) / count;
  }

  inputGradient(): Promise<Float32Array> {
    return this.#batch.read(this.#requireInputGradient(), sizeOf(this.#batch.input.shape));
  }

  #requireInputGradient(): GPUBuffer {
    const { gradient } = this.#batch.input;
    if (!gradient) {
      throw new TypeError('this program computes no gradient of its input: make it with `gradients: "input"`');
    }
    return gradient;
  }

  inversion(): Inversion {
    this.#requireInputGradient();
    const passes = { forward: () => this.#run(this.#forward), backward: () => this.#run(this.#backward) };
    this.#inversion ??= new GpuInversion(this.#device, this.#batch, this.#output, passes);
    return this.#inversion;
  }

  pressure(): Promise<unknown> | undefined {
    return this.parameters.watch.pressure() ?? this.#device.pressure();
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
