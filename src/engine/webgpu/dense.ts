/**
 * Dense layers on a GPU.
 *
 * @module
 */
import { type PlacedLayer, sizeOf } from "../../nn/mod.ts";
import type { LayerCalls } from "../backend.ts";
import type { Constants, Device, Kernel } from "./device.ts";
import { activation, calls, type GpuActivation, type GpuSite, weights } from "./site.ts";

/** Invocations that share each sum of a dense layer where barriers are cheap. */
const DENSE_SLICES = 8;
/**
 * Terms whose weights a dense layer keeps in workgroup memory, and images of which a weight gradient keeps both factors
 * there.
 */
const TILE_TERMS = 64, TILE_IMAGES = 32;

/** A number of workgroups along y and z; z counts 65535 each. */
function folded(groups: number): readonly [number, number] {
  return groups <= 65535 ? [groups, 1] : [65535, Math.ceil(groups / 65535)];
}

/** The matrix product of a dense layer or, with rows and terms exchanged, of its input gradient. */
export function product(
  device: Device,
  lanes: number,
  rows: number,
  terms: number,
  constants: Constants,
  buffers: readonly GPUBuffer[],
): Kernel {
  const { isSoftware } = device, most = isSoftware ? 4 : 2, quads = Math.min(most, Math.ceil(rows / 4));
  const images = isSoftware ? 8 : 4, slices = isSoftware ? 1 : DENSE_SLICES;
  const depth = isSoftware ? [4, 2, 1].find((count) => terms % count === 0)! : 1;
  const tile = {
    quads,
    images,
    across: 32 / images,
    depth,
    slices,
    tileTerms: isSoftware ? 0 : TILE_TERMS,
    skips: !isSoftware,
  };
  return device.kernel("dense", { rows, terms, lanes, ...tile, ...constants }, buffers, [
    Math.ceil(lanes / 32),
    ...folded(Math.ceil(rows / (4 * quads))),
  ]);
}

/** A dense layer, with the ReLU behind it where there is one. */
export function dense(site: GpuSite, placed: PlacedLayer, relu: boolean): LayerCalls<GpuActivation> {
  const { device, lanes, input, squares, parameters: { values32, gradients } } = site;
  const output = activation(site, placed.outputShape, relu), [outputs] = output.shape, inputs = sizeOf(input.shape);
  const { weightAt, hasBias, biasAt } = weights(site, placed);
  const forward = product(
    device,
    lanes,
    outputs,
    inputs,
    { weightAt, rowStride: inputs, termStride: 1, hasBias, biasAt, relu, masked: false },
    [input.value, values32, input.value, output.value],
  );
  // An invocation computes tile x tile, a workgroup across x down of these.
  const [tile, across, down, tileQuads] = device.isSoftware ? [8, 8, 1, 0] : [4, 8, 8, TILE_IMAGES / 4];
  const parameterGradients = output.gradient && device.kernel(
    "dense_weight_gradient",
    { inputs, outputs, lanes, weightAt, hasBias, biasAt, tile, across, down, tileQuads },
    [input.value, output.gradient, gradients],
    [Math.ceil((inputs + 1) / (tile * across)), ...folded(Math.ceil(outputs / (tile * down)))],
  );
  const inputGradient = input.gradient && output.gradient && product(
    device,
    lanes,
    inputs,
    outputs,
    { weightAt, rowStride: 1, termStride: inputs, hasBias: false, biasAt, relu: false, masked: input.isRelu },
    [output.gradient, values32, input.value, input.gradient],
  );
  const exampleSquares = output.gradient &&
    squares.call(1, (buffer, at) =>
      device.kernel(
        "dense_example_squares",
        { count: lanes, inputs, outputs, lanes, hasBias, at },
        [input.value, output.gradient!, buffer],
      ));
  return {
    output,
    forward: calls(device, forward),
    events: [],
    parameterGradients: calls(device, parameterGradients),
    exampleSquares: exampleSquares ? [exampleSquares] : [],
    inputGradient: calls(device, inputGradient),
  };
}
