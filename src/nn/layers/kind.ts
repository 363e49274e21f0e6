/**
 * What the house knows of a kind of layer: its row in the table of layers.
 *
 * @module
 */
import type { InitialDistribution } from "../initializers.ts";
import type { Shape } from "../shape.ts";

/** The parameters that a layer may have, as PyTorch calls them: running statistics are state that is not trained. */
export type ParameterRole = "weight" | "bias" | "running_mean" | "running_var";

/** A parameter that a layer brings: its shape, and the distribution of its first values. */
export interface LayerParameter {
  /** Names it in its layer: "conv1.weight". */
  readonly role: ParameterRole;
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** From which its first values are drawn. */
  readonly initial: InitialDistribution;
  /** False for state that no gradient trains. */
  readonly trained?: boolean;
  /** The least that a value may be; by default any is right. */
  readonly least?: number;
}

/**
 * A layer whose outputs are units of its own: the channels of a convolution, the outputs of a dense layer. A unit is
 * made by a row of the weight, `[units][inputs][...]`, and an element of the bias; it reads the units in front of the
 * layer by the weight's columns.
 */
export interface MakesUnits<L> {
  /** The same layer with so many units. */
  resized(layer: L, units: number): L;
}

/**
 * A layer that hands on the units in front of it, each by itself. If it has parameters, each unit has its own of them:
 * `[units][...]`.
 */
export interface PassesUnits {
  /** Whether a unit that is 0 for all images still is behind the layer. */
  readonly keepsZero: boolean;
  /** Those of its parameters that make a unit 0 if the unit's own are 0; none by default. */
  readonly silencers?: readonly ParameterRole[];
}

/** A layer whose units are sums of units in front of it: none of these is known by itself behind it. */
export interface JoinsUnits {
  /** Tells it from the others. */
  readonly joins: true;
}

/** A row of the table of layers. */
export interface LayerKind<L> {
  /** What names and numbers layers that were given no name: "conv" of conv1, conv2. */
  readonly prefix: string;
  /** What happens to units in it. */
  readonly units: MakesUnits<L> | PassesUnits | JoinsUnits;
  /** Whether it does nothing but in training: then a finished network does not need it. */
  readonly inTrainingOnly?: true;
  /** Set where an image's output depends on the others of its batch in a step of training. */
  readonly mixesImages?: true;
  /**
   * The shape of its output for one image.
   *
   * @param inputOf the shape of the input of a layer before it, by name
   * @throws {RangeError} that names the layer, if it does not fit its input.
   */
  outputShape(name: string, layer: L, input: Shape, inputOf: (name: string) => Shape | undefined): Shape;
  /** Its parameters, weight before bias. */
  parameters(layer: L, input: Shape): readonly LayerParameter[];
  /** Multiply-adds of its forward pass for one image. */
  multiplyAdds(layer: L, input: Shape, output: Shape): number;
}

/** A row of a function of single elements. */
export interface ElementwiseKind extends LayerKind<unknown> {
  readonly units: PassesUnits;
  /** From which its slope is computed. Of "output" the function may be carried out in place. */
  readonly slopeFrom: "input" | "output";
}

/** Of layers without parameters and products. */
export const NO_PARAMETERS = { parameters: () => [], multiplyAdds: () => 0 } as const;

/** Of layers that take each element by itself. */
export const ELEMENTWISE = {
  ...NO_PARAMETERS,
  outputShape: (_name: string, _layer: unknown, input: Shape): Shape => input,
} as const;
