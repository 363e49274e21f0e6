/**
 * A layer in a program: its buffers, and the kernel calls that carry it forward and back.
 *
 * @module
 */
import { type ElementwiseName, elementwiseOf, isElementwise, type LayerOf } from "../../nn/layers/table.ts";
import {
  type DenseLayer,
  type DropoutLayer,
  type PlacedLayer,
  type PoolLayer,
  type QuantizeLayer,
  type Shape,
  sizeOf,
} from "../../nn/mod.ts";
import { batchNorm } from "./batch_norm.ts";
import { convolution, pooledConvolution } from "./convolution.ts";
import { type LayerCalls, NO_PARAMETERS } from "../backend.ts";
import { dropoutDraws } from "../dropout.ts";
import { levelsOf } from "../levels.ts";
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

/** Whether a layer of single elements that needs its input no more may write over it. */
function inPlace({ input, ownsInput }: CpuSite): boolean {
  return ownsInput && !input.isKept;
}

/** A function of single elements: in place where it can be. */
function elementwise(site: CpuSite, layer: LayerOf<ElementwiseName>): LayerCalls<CpuActivation> {
  const { machine: { kernels: k }, lanes, input, withGradient } = site, { kind } = layer;
  const ofOutput = elementwiseOf(layer)!.slopeFrom === "output";
  const made = inPlace(site) && (ofOutput || !withGradient) ? input : allocate(site, input.shape);
  const output = { ...made, isKept: ofOutput && withGradient };
  const count = sizeOf(input.shape) * lanes, from = ofOutput ? output.value : input.value;
  const forward = () => k[`${kind}Forward`](input.value, output.value, count);
  const gradient = () => k[`${kind}Gradient`](from, output.gradient, input.gradient, count);
  return { output, forward: [forward], ...NO_PARAMETERS, inputGradient: [gradient] };
}

/** Dropout: the same kernel draws the same elements on the way forward and back. */
function dropout(site: CpuSite, { name }: PlacedLayer, layer: DropoutLayer): LayerCalls<CpuActivation> {
  const { machine: { kernels: k }, lanes, input, pass } = site, { shape } = input, elements = sizeOf(shape);
  const output = inPlace(site) ? input : allocate(site, shape), draws = dropoutDraws(name, layer, pass);
  const call = (from: number, to: number) => () => {
    const { key, first, threshold, scale } = draws();
    if (from !== to || threshold > 0) k.dropout(from, to, elements, lanes, ...key, first, threshold, scale);
  };
  const inputGradient = [call(output.gradient, input.gradient)];
  return { output, forward: [call(input.value, output.value)], ...NO_PARAMETERS, inputGradient };
}

/** Rounding to levels; its gradient asks where the input was cut. */
function quantize(site: CpuSite, layer: QuantizeLayer): LayerCalls<CpuActivation> {
  const { machine: { kernels: k }, lanes, input } = site, output = allocate(site, input.shape);
  const count = sizeOf(input.shape) * lanes, { bound, scale, step } = levelsOf(layer);
  return {
    output,
    forward: [() => k.quantizeForward(input.value, output.value, count, bound, scale, step)],
    ...NO_PARAMETERS,
    inputGradient: [() => k.quantizeGradient(input.value, output.gradient, input.gradient, count, bound)],
  };
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

/** The sum of a branch and its input. Its gradient stays as it is until the branch has written that of the input. */
function sum(site: CpuSite): LayerCalls<CpuActivation> {
  const { machine, lanes, input, other } = site, { kernels: k } = machine;
  const output = allocate(site, input.shape), count = sizeOf(input.shape) * lanes;
  const { gradient } = output, { value: x, gradient: dx } = other!;
  const toBranch = () => void machine.floats.copyWithin(input.gradient / 4, gradient / 4, gradient / 4 + count);
  return {
    output,
    forward: [() => k.scaledSum(x, input.value, output.value, count, 1)],
    ...NO_PARAMETERS,
    inputGradient: [toBranch],
    otherGradient: [() => k.scaledSum(dx, gradient, dx, count, 1)],
  };
}

/** Flattens by name only: batch innermost, a flat activation is the same memory. */
function flattened({ input }: CpuSite, shape: Shape): LayerCalls<CpuActivation> {
  return { output: { ...input, shape }, forward: [], ...NO_PARAMETERS, inputGradient: [] };
}

/**
 * The layers that become one set of calls: a convolution with the ReLU and the max-pool behind it, else a layer alone.
 */
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
  if (isElementwise(layer)) return elementwise(site, layer);
  switch (layer.kind) {
    case "conv2d":
      if (last.layer.kind === "maxPool2d") return pooledConvolution(site, placed, layer, last, last.layer);
      return convolution(site, placed, layer);
    case "dense":
      return fullyConnected(site, placed, layer);
    case "dropout":
      return dropout(site, placed, layer);
    case "quantize":
      return quantize(site, layer);
    case "batchNorm":
      return batchNorm(site, placed, layer);
    case "maxPool2d":
    case "averagePool2d":
      return pooling(site, placed, layer);
    case "flatten":
      return flattened(site, outputShape);
    case "add":
      return sum(site);
  }
}
