/**
 * What an engine is: it turns a network and a batch size into a program, whose buffers are allocated once and whose
 * steps are a fixed list of kernel calls. Reading a result back is asynchronous, since on a GPU it is; everything else
 * only enqueues work.
 *
 * @module
 */
import type { Network, Optimizer, ParameterSpec } from "../nn/mod.ts";
import type { ParameterStore } from "./parameter_store.ts";
export type { ParameterStore } from "./parameter_store.ts";
export type { ApproximateSuppression, ExactSuppression, UnitImportance, UnitSuppression } from "./suppression.ts";

/** The engines there are. */
export type EngineName = "wasm" | "webgpu" | "reference";

/**
 * A place to compute: the wasm kernels on this CPU, the shaders on a GPU, or the slow reference that both are checked
 * against.
 */
export interface Engine {
  /** Which of the engines it is. */
  readonly name: EngineName;
  /**
   * Which of its builds it runs: "relaxed" or "simd128"; the adapter of webgpu, in words; "float32" or "float64" of the
   * reference.
   */
  readonly build: string;
  /** In one sentence: why this engine was chosen. */
  readonly why: string;
  /** Allocates what the network needs at this batch size and draws its first parameters from its seed. */
  program(network: Network, options: ProgramOptions): Program;
  /** Parameters alone, without a network, initialised from the seed. */
  parameters(specs: readonly ParameterSpec[], seed: number): ParameterStore;
  /**
   * Frees what it holds of a GPU; its programs cannot be used any longer. Nothing on a CPU. `using engine = await
   * openEngine()` does it at the end of the block.
   */
  dispose(): void;
  /** {@link Engine.dispose}. */
  [Symbol.dispose](): void;
}

/** What a program is for. */
export interface ProgramOptions {
  /** The largest number of images in a batch: a positive integer. */
  readonly batchSize: number;
  /**
   * Which gradients it can compute: of the parameters (training), of the input (the attack), both or none (the
   * default).
   */
  readonly gradients?: "none" | "parameters" | "input" | "both";
}

/** Images and labels as a program loads them; a {@link Dataset} is one. */
export interface BatchSource {
  /** The images: uint8 `[count][channels][height][width]`, and a label below `classes` for each. */
  readonly source: {
    readonly images: Uint8Array;
    readonly count: number;
    readonly channels: number;
    readonly height: number;
    readonly width: number;
    readonly labels: Uint8Array;
    readonly classes: number;
  };
  /** Height and width to which the images are resized: those of the network's input. */
  readonly size: readonly [height: number, width: number];
  /** By which a pixel is multiplied. */
  readonly scale: number;
  /** The form in which the loss takes the labels. */
  readonly labels: "integer" | "oneHot";
}

/** A training step whose loss was not finite. */
export interface Divergence {
  /** The step, from 1. */
  readonly step: number;
  /** Its mean loss: NaN or Infinity. */
  readonly loss: number;
}

/** A network at a batch size, ready to run. */
export interface Program {
  /** What it computes. */
  readonly network: Network;
  /** The largest number of images in a batch. */
  readonly batchSize: number;
  /** The values it computes with; two programs share nothing. */
  readonly parameters: ParameterStore;
  /**
   * Makes the images of the given indices the current batch, with their labels. The first time a source is seen, its
   * images are uploaded whole. At least the four sources loaded last stay (those of all programs on a GPU), and as many
   * more as take at most 64 MiB together; another one is uploaded anew when it comes again. So do not change images in
   * place: the change may be seen or not.
   *
   * @throws {RangeError} if the batch is empty or larger than the batch size, an index is outside the source, or the
   * source does not fit the network.
   */
  load(source: BatchSource, indices: ArrayLike<number>): void;
  /**
   * Makes the given pixels `[images][channels][height][width]` the current batch, with the given labels or with none.
   *
   * @throws {RangeError} if they are no whole number of images from 1 to the batch size, a pixel is not finite, or a
   * label is missing or no class of the network.
   */
  setInput(values: Float32Array, labels?: ArrayLike<number>): void;
  /** The current batch as `[images][channels][height][width]`. */
  input(): Promise<Float32Array>;
  /** Computes the network's output for the current batch, as it is in use: {@link dropout} leaves nothing out. */
  forward(): void;
  /**
   * The output of the last forward, `[images][outputs]`, as it is: of values that are too large it may be NaN or
   * infinite.
   */
  output(): Promise<Float32Array>;
  /**
   * Forward as in training, mean softmax cross entropy, and the gradients that the program was made for; changes no
   * parameter. Batch normalisation takes the batch's own statistics, which the next update brings into the running
   * ones.
   *
   * @param step the number of the step of training: {@link dropout} leaves out other elements in each. By default the
   * number behind that of the last pass of training, from 0
   * @throws {RangeError} if the number is no integer of at least 0, or the batch is one image, and batch normalisation
   * then has but one value of a unit.
   */
  gradients(step?: number): void;
  /**
   * Forward, then each image's own gradient, of its own loss, clipped to length `clip` over all parameters together;
   * their sum is added to what {@link ParameterStore.update} takes by the rule "dpSgd". A batch of any number of images
   * is done in several calls. A gradient whose squared length is not finite in float32 adds nothing.
   *
   * @param step as of {@link Program.gradients}, with the first part of a batch: the others belong to the same step
   * @throws {TypeError} if the network has batch normalisation: no example then has a gradient of its own.
   */
  clippedGradients(clip: number, step?: number): void;
  /**
   * {@link Program.gradients}, or {@link Program.clippedGradients} if the optimizer asks for it, then its update: one
   * step of training. From the first step on whose loss is not finite nothing changes: see {@link Program.diverged}.
   *
   * @param step as of {@link Program.gradients}
   */
  trainStep(optimizer: Optimizer, step?: number): void;
  /**
   * One step of training towards targets `[images][outputs]` for the current batch: forward, mean squared error over
   * outputs and images, gradients, update.
   *
   * @param step as of {@link Program.gradients}
   * @throws {RangeError} if the targets are not as many as the batch's outputs, or one is not finite.
   * @throws {TypeError} if the optimizer is a `dpSgd`, which clips the gradients of labelled images only.
   */
  regressStep(targets: Float32Array, optimizer: Optimizer, step?: number): void;
  /** Forward, and the softmax cross entropy of each image of the batch; computes no gradients. */
  losses(): Promise<Float32Array>;
  /**
   * The mean loss over the batch of the last step or {@link Program.gradients}; with {@link Program.clippedGradients}
   * over all images since the last update.
   */
  loss(): Promise<number>;
  /** The gradient with respect to the input, `[images][channels][height][width]`. */
  inputGradient(): Promise<Float32Array>;
  /**
   * The image inversion attack on the current batch: always the same object, begun anew by its `setTargets`.
   *
   * @throws {TypeError} if the program was made without the input's gradient.
   */
  inversion(): Inversion;
  /**
   * On a GPU, where work is only enqueued: a promise if so much is under way that the caller should wait for it before
   * going on. Undefined if not.
   */
  pressure(): Promise<unknown> | undefined;
  /**
   * The first step of training (by `trainStep`, `regressStep`, or `clippedGradients` and an update) since the last
   * {@link Program.watch} whose loss was not finite, as far as it is known without waiting. It and all steps behind it
   * change no parameter. On a CPU it is known at once; on a GPU it is looked up by {@link Program.pressure}, about
   * every 128 steps.
   */
  readonly diverged: Divergence | undefined;
  /** {@link Program.diverged} for certain: waits for the device. */
  settled(): Promise<Divergence | undefined>;
  /** Counts the steps of training from 1 again, and lets them change the parameters again. */
  watch(): void;
}

/** How one step of the inversion changes the images x, whose features are f(x), to come nearer to the targets y. */
export interface InversionStep {
  /** Factor of MSE(f(x), y) / MSE(y, 0). */
  readonly feature: number;
  /** Factor of the sum of squared differences between vertical neighbours. */
  readonly vertical: number;
  /** Factor of the sum of squared differences between horizontal neighbours. */
  readonly horizontal: number;
  /** Factor of the sum of squares. */
  readonly square: number;
  /** Bounds to which the pixels are clipped after the step. */
  readonly bound: readonly [low: number, high: number];
  /** "sign": x -= rate * sign(gradient). "adam": Adam with betas 0.9 and 0.999 and epsilon 1e-8. */
  readonly method: "sign" | "adam";
  /** By how much a pixel moves: exactly so much by "sign", about so much at first by "adam". */
  readonly rate: number;
}

/** The inversion attack in progress: the images are the program's current batch. */
export interface Inversion {
  /**
   * Begins anew: sets the features to reach, `[images][features]`, for the images of the current batch.
   *
   * @throws {RangeError} if they are not as many, one is not finite, or those of an image are so large that their
   * squares are not.
   */
  setTargets(values: Float32Array): void;
  /**
   * One step for every image. A pixel whose gradient is not finite becomes NaN and stays it, on every engine.
   *
   * @throws {RangeError} if a factor or the rate is not finite, or the bound is empty.
   */
  step(step: InversionStep): void;
  /** The loss of each image before the last step. */
  losses(): Promise<Float32Array>;
}
