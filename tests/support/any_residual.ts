/** Residuals of any layers, around whatever shape. */
import {
  conv2d,
  dense,
  type Layer,
  maxPool2d,
  type NetworkPart,
  relu,
  type Residual,
  residual,
  type Shape,
} from "../../mod.ts";

/** What a residual is made from. */
export interface BranchWish {
  /** Outputs of the branch's first layer with weights. */
  readonly channels: number;
  readonly padding: readonly [number, number];
  /** Whether the branch begins with a ReLU, and whether it ends with one: 1 for yes. */
  readonly stride: readonly [number, number];
  /**
   * What lies in the middle (1: another residual, 2: a ReLU, 3: a normalisation, which then begins the branch, too),
   * and whether a max-pool of single places begins (1).
   */
  readonly pool: readonly [number, number];
  readonly bias: boolean;
}

/**
 * A residual for an input of a shape.
 *
 * @param norm gives a normalisation for an input of a shape
 */
export function residualOf(
  { channels, padding, stride, pool, bias }: BranchWish,
  shape: Shape,
  norm: (shape: Shape) => Layer,
): Residual {
  const weighted = (outputs: number, pad: readonly [number, number] = [0, 0]): Layer =>
    shape.length === 1 ? dense({ outputs, bias }) : conv2d({
      channels: outputs,
      kernel: [2 * pad[0] + 1, 2 * pad[1] + 1],
      padding: pad,
      bias,
    });
  const reluIf = (wanted: boolean) => wanted ? [relu()] : [];
  const middle: NetworkPart[] = pool[0] === 1
    ? [residual([...reluIf(pool[1] > 1), weighted(channels)])]
    : pool[0] === 2
    ? [relu()]
    : [norm([channels, ...shape.slice(1)] as unknown as Shape)];
  const layers = [weighted(channels, padding), ...middle, weighted(shape[0])];
  // Behind a convolution, engines would take these as one with it.
  const first = [
    ...(pool[0] === 3 ? [norm(shape)] : []),
    ...reluIf(stride[0] === 1),
    ...(shape.length === 3 && pool[1] === 1 ? [maxPool2d({ window: 1 })] : []),
  ];
  return residual([...first, ...layers, ...reluIf(stride[1] === 1)]);
}
