/**
 * Where parameters come from that a model is given.
 *
 * @module
 */

/** What a caller vouches for of parameters that a model is given; see `Model.restore`. */
export interface OriginOptions {
  /**
   * True if they owe nothing to private data but through training with differential privacy that the model or the
   * checkpoint has on record: they were drawn, trained on public data, or made of this model's own parameters. Default
   * false.
   */
  readonly publicData?: boolean;
}
