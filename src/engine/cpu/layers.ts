/**
 * A layer in a program: its buffers, and the kernel calls that carry it forward and back.
 *
 * @module
 */
import { type DenseLayer, type PlacedLayer, type PoolLayer, type Shape, sizeOf } from "../../nn/mod.ts";
import { batchNorm } from "./batch_norm.ts";
import { convolution, pooledConvolution } from "./convolution.ts";
import { type LayerCalls, NO_PARAMETERS } from "../backend.ts";
import { allocate, convShape, type CpuActivation, type CpuSite, LIST_UP_TO, poolShape, weights } from "./site.ts";

function fullyConnected(site: CpuSite, placed: PlacedLayer, layer: DenseLayer): LayerCalls<CpuActivation> {
  const { machine, lanes, input } = site;
  const { kernels: k } = machine;
  const { weight, b, db } = weights(site, placed);
  const output = allocate(site, placed.outputShape);
  const { value: x, gradient: dx } = input, { value: y, gradient: dy } = output;
  const inputs = sizeOf(input.shape), outputs = layer.outputs;
  const shape = convShape(site, [inputs, 1, 1], outputs, { kernel: [1, 1], stride: [1, 1] });
  const scratch = machine.allocate(machine.threads * 8 * inputs);
  site.parameters.listLiving(placed.parameters.weight!, shape, outputs + 3);
  const forward = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.denseForward) k.livingDenseForward(x, w, b, y, living, scratch, shape);
    else k.denseForward(x, w, b, y, inputs, outputs, lanes);
  };
  const weightGradient = () => {
    const { gradient, living, density } = weight;
    if (density <= LIST_UP_TO.denseWeightGradient) k.livingDenseWeightGradient(x, dy, gradient, living, shape);
    else k.denseWeightGradient(x, dy, gradient, inputs, outputs, lanes);
  };
  const inputGradient = () => {
    const { weight: w, living, density } = weight;
    if (density <= LIST_UP_TO.denseInputGradient) k.livingDenseInputGradient(dy, w, dx, living, shape);
    else k.denseInputGradient(dy, w, dx, inputs, outputs, lanes);
  };
  const biasGradient = () => k.biasGradient(dy, db, outputs, 1, lanes);
  return {
    output,
    forward: [forward],
    events: [],
    parameterGradients: db ? [weightGradient, biasGradient] : [weightGradient],
    exampleSquares: [() => k.denseExampleSquares(x, dy, site.squares, inputs, outputs, Number(db !== 0), lanes)],
    inputGradient: [inputGradient],
  };
}

/** A function of single elements whose gradient needs only its output: in place where it can be. */
function elementwise(site: CpuSite, outputShape: Shape, kind: "relu" | "sigmoid"): LayerCalls<CpuActivation> {
  const { machine: { kernels: k }, lanes, input, ownsInput } = site;
  const output = ownsInput ? { ...input, shape: outputShape } : allocate(site, outputShape);
  const count = sizeOf(outputShape) * lanes;
  const forward = () => k[`${kind}Forward`](input.value, output.value, count);
  const gradient = () => k[`${kind}Gradient`](output.value, output.gradient, input.gradient, count);
  return { output, forward: [forward], ...NO_PARAMETERS, inputGradient: [gradient] };
}

function pooling(site: CpuSite, { outputShape }: PlacedLayer, layer: PoolLayer): LayerCalls<CpuActivation> {
  const { machine, lanes, input } = site;
  const { kernels: k } = machine;
  const output = allocate(site, outputShape), shape = poolShape(site, input.shape, layer);
  if (layer.kind === "averagePool2d") {
    return {
      output,
      forward: [() => k.averagePoolForward(input.value, output.value, shape)],
      ...NO_PARAMETERS,
      inputGradient: [() => k.averagePoolGradient(output.gradient, input.gradient, shape)],
    };
  }
  const winner = machine.allocate(4 * sizeOf(outputShape) * lanes);
  return {
    output,
    forward: [() => k.maxPoolForward(input.value, output.value, winner, shape)],
    ...NO_PARAMETERS,
    inputGradient: [() => k.maxPoolGradient(output.gradient, winner, input.gradient, shape)],
  };
}

/** Flattens by name only: batch innermost, a flat activation is the same memory. */
function flattened({ input }: CpuSite, shape: Shape): LayerCalls<CpuActivation> {
  return { output: { ...input, shape }, forward: [], ...NO_PARAMETERS, inputGradient: [] };
}

/** The layers that become one set of calls: a convolution with the ReLU and the max-pool behind it, else a layer alone. */
export function layerGroups(layers: readonly PlacedLayer[]): PlacedLayer[][] {
  const groups: PlacedLayer[][] = [];
  for (let i = 0; i < layers.length;) {
    const kinds = layers.slice(i, i + 3).map(({ layer }) => layer.kind).join();
    const size = kinds === "conv2d,relu,maxPool2d" ? 3 : 1;
    groups.push(layers.slice(i, i += size));
  }
  return groups;
}

/** Allocates the buffers of a group of layers behind its input and binds its kernel calls. */
export function layerCalls(site: CpuSite, group: readonly PlacedLayer[]): LayerCalls<CpuActivation> {
  const placed = group[0]!, last = group.at(-1)!;
  const { layer, outputShape } = placed;
  switch (layer.kind) {
    case "conv2d":
      if (last.layer.kind === "maxPool2d") return pooledConvolution(site, placed, layer, last, last.layer);
      return convolution(site, placed, layer);
    case "dense":
      return fullyConnected(site, placed, layer);
    case "relu":
    case "sigmoid":
      return elementwise(site, outputShape, layer.kind);
    case "batchNorm":
      return batchNorm(site, placed, layer);
    case "maxPool2d":
    case "averagePool2d":
      return pooling(site, placed, layer);
    case "flatten":
      return flattened(site, outputShape);
  }
}
