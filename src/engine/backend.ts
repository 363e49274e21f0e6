/**
 * What a device offers so that a program can run on it: memory for activations, layers as lists of calls, losses, and
 * the kernels of the inversion attack. A program owns the order of things, the checks and the messages; a backend owns
 * memory and kernels. There is one for each program.
 *
 * @module
 */
import type { DpSgd, Optimizer, PlacedLayer, Shape } from "../nn/mod.ts";
import type { ApproximateSuppression, BatchSource, Divergence, ExactSuppression, ParameterStore } from "./engine.ts";
import type { UnitSuppression } from "./suppression.ts";

/** A piece of work with all its arguments bound. */
export type Call = () => void;

/** The pass that is under way; calls that depend on it look at it when they are made. */
export interface Pass {
  /** Images in the current batch; lanes from there on hold none. */
  images: number;
  /** Whether it is a step of training; else the network is used as it will be when it is done. */
  training: boolean;
  /** The number of the step of training that the pass belongs to: dropout leaves out other elements in each. */
  step: number;
  /** Images of the step's parts before this one: of a batch that is done in several. */
  first: number;
}

/** The pass of a program that has made none. */
export function noPass(): Pass {
  return { images: 0, training: false, step: 0, first: 0 };
}

/** An activation `[...shape][lanes]` in a device's memory. */
export interface Activation {
  readonly shape: Shape;
  /** Where its gradient lies; falsy where nobody needs it. */
  readonly gradient: unknown;
}

/** Where a group of layers is placed. */
export interface Site<A extends Activation> {
  readonly input: A;
  /** Of an add: the other summand, which a branch reads, too. */
  readonly other?: A;
  /** Whether the output needs a gradient. */
  readonly withGradient: boolean;
  /** Whether the input may be overwritten: it is another layer's output that only this layer reads. */
  readonly ownsInput: boolean;
}

/** What a group of layers adds to a program. */
export interface LayerCalls<A extends Activation> {
  readonly output: A;
  readonly forward: readonly Call[];
  /** From the output's gradient to what both kinds of gradients are made of. */
  readonly events: readonly Call[];
  /** From there to the gradients of the layer's parameters. */
  readonly parameterGradients: readonly Call[];
  /** The same calls' squared lengths, image for image: see {@link Clipping}. */
  readonly exampleSquares: readonly Call[];
  /** And to that of the input. */
  readonly inputGradient: readonly Call[];
  /** Of an add: adds the output's gradient to that of the other summand, which has been written by then. */
  readonly otherGradient?: readonly Call[];
  /** What an update behind a step of training makes of the statistics of its batch. */
  readonly statistics?: readonly Call[];
}

/** Of a layer without parameters. */
export const NO_PARAMETERS = { events: [], parameterGradients: [], exampleSquares: [] } as const;

/** The current batch in a device's memory. */
export interface BatchMemory<A extends Activation> {
  /**
   * Has the images of data at hand.
   *
   * @throws {RangeError} if they do not fit the network.
   */
  upload(data: BatchSource): void;
  /** Gathers the images of indices that are known to be right, and their labels. */
  gather(data: BatchSource, indices: ArrayLike<number>): void;
  /** Sets the labels of a batch that is not gathered. */
  setLabels(labels: ArrayLike<number>): void;
  /** Lays `[images][size]` out as an activation; lanes without an image become 0. */
  write(to: A, values: Float32Array): void;
  /** The reverse of {@link BatchMemory.write}. */
  read(from: A, what: "value" | "gradient"): Promise<Float32Array>;
}

/**
 * What becomes of losses: they are new, they are added to those of the parts of the batch before, or they were there
 * already.
 */
export type LossMode = "set" | "add" | "leave";

/** The losses of a batch, from the network's output. */
export interface Losses {
  /**
   * Softmax cross entropy with the labels; also the gradient of its mean, if it is wanted. The {@link Watch} looks at
   * those of a step of training.
   */
  crossEntropy(withGradient: boolean, mode?: LossMode, isStep?: boolean): void;
  /** Mean squared error against targets `[images][outputs]`, and the gradient of its mean: a step of training. */
  squaredError(targets: Float32Array): void;
  /** The losses that were computed last, of the images of the batch. */
  read(): Promise<Float32Array>;
  /** The mean over all images since they were set. */
  mean(): Promise<number>;
}

/** The watch over the steps of training: which was the first whose loss is not finite. From then on nothing changes. */
export interface Watch {
  /** As far as it is known without waiting. */
  readonly diverged: Divergence | undefined;
  /** For certain. */
  settled(): Promise<Divergence | undefined>;
  /** Looks if it is time; a promise if the caller should wait for that. */
  pressure(): Promise<unknown> | undefined;
}

/** A watch as the parameters keep it. */
export interface StepWatch extends Watch {
  /** Steps since it began. */
  steps: number;
  /** Whether it is known that nothing is to change; where kernels look themselves, it never is. */
  readonly isStopped: boolean;
  /** Counts from 1 again. */
  begin(): void;
}

/** A layer's units: the places of what makes and reads them, and how many weights there are of each. */
export interface PlacedUnits {
  /** `[units][taps]`. */
  readonly weight: number;
  /** `[units]`. */
  readonly bias: number | undefined;
  /** `[rows][units][columns]`. */
  readonly reader: number;
  /** `[units][...]`, each: what silences a unit behind what makes it. */
  readonly silencers: readonly number[];
  readonly units: number;
  readonly taps: number;
  readonly rows: number;
  readonly columns: number;
}

/** The numbers of parameters, each known by its place among the specifications, in a device's memory. */
export interface ParameterMemory {
  readonly watch: StepWatch;
  /** All values, copied. */
  values(): Promise<Float32Array[]>;
  read(what: "gradient" | "deWeight", place: number): Promise<Float32Array>;
  write(what: "value" | "gradient", place: number, values: Float32Array): void;
  /** Gives a parameter a mask that keeps all. */
  addMask(place: number): void;
  /** Takes it away: all weights train again. */
  dropMask(place: number): void;
  /** 1 = kept, 0 = suppressed; anything for a parameter without a mask. */
  masks(): Promise<Uint8Array[]>;
  writeMask(place: number, kept: Uint8Array): void;
  /** Sets masked weights to 0, whatever they and their gradients were, and has the living ones listed anew. */
  applyMasks(): void;
  /** Sets gradients and their sums, deWeights and the means of optimizers to 0. */
  forget(): void;
  clearDeWeights(): void;
  /** Adds the gradients to the sums of clipped ones. */
  addGradients(): void;
  /** Sets these sums to 0. */
  dropSums(): void;
  /** Makes the gradients the noised means of the sums, which become 0. */
  privatize(optimizer: DpSgd, step: number): void;
  /**
   * The update of all parameters from their gradients.
   *
   * @param withDeWeights whether a suppress operation came before: it is carried out, and the living weights listed
   * anew
   * @param scales of Adam's two means
   */
  update(optimizer: Optimizer, withDeWeights: boolean, scales?: readonly [number, number]): void;
  maxMagnitude(place: number): Promise<number>;
  suppressExact(place: number, rule: ExactSuppression): Promise<number>;
  suppressApproximate(place: number, rule: ApproximateSuppression): Promise<number | undefined>;
  /** Of a parameter that has a mask. */
  countSuppressed(place: number): Promise<number>;
  /** Of parameters that all have masks. */
  suppressUnits(units: PlacedUnits, rule: UnitSuppression): Promise<number>;
}

/** Parameters as a program needs them. */
export interface DeviceParameters extends ParameterStore {
  readonly watch: Watch;
  /** Has the steps watched counted from 1 again, and lets them change the parameters again. */
  beginWatch(): void;
  /** Has the next update make these calls, in place of any of before. */
  atUpdate(calls: readonly Call[]): void;
  /** Whether clipped gradients were added up since the last update. */
  readonly isGathering: boolean;
}

/** The clipping of each image's own gradient, whose length comes from a backward pass of its own. */
export interface Clipping {
  /** Before that pass: no lengths yet. */
  begin(): void;
  /** Behind it: makes the output's gradient that of the sum over images, each one's gradient clipped. */
  clip(bound: number): void;
}

/** The kernels of the inversion attack on the images of a batch; see `Inversion`. */
export interface InversionKernels {
  /** Sets the features to reach, and forgets the moments of Adam. */
  setTargets(values: Float32Array): void;
  /** Of each image: factor * MSE(features, targets) / MSE(targets, 0), and its gradient. */
  featureLoss(factor: number): void;
  /** Adds to losses and gradients: squared differences of neighbours, and squares. */
  imagePriors(vertical: number, horizontal: number, square: number): void;
  /** x -= rate * sign(gradient), within the bounds. */
  signStep(rate: number, low: number, high: number): void;
  /** A step of Adam, within the bounds; `scales` are 1 / (1 - beta^t) of the two moments. */
  adamStep(rate: number, scales: readonly [number, number], low: number, high: number): void;
  /** The loss of each image. */
  losses(): Promise<Float32Array>;
}

/** A program's part of a device. */
export interface Backend<A extends Activation> {
  readonly pass: Pass;
  /** Room for images. */
  input(shape: Shape, withGradient: boolean): A;
  /** The layers in groups: those that one set of calls carries out together. */
  groups(layers: readonly PlacedLayer[]): PlacedLayer[][];
  /** Allocates the buffers of a group behind its input and binds its calls. */
  place(group: readonly PlacedLayer[], site: Site<A>): LayerCalls<A>;
  batch(input: A, outputs: number): BatchMemory<A>;
  losses(output: A): Losses;
  clipping(output: A): Clipping;
  inversion(input: A, features: A): InversionKernels;
  /** Hands what was called so far to the device. */
  submit(): void;
  /** See `Program.pressure`. */
  pressure(): Promise<unknown> | undefined;
}
