/**
 * Batch normalisation in a program.
 *
 * @module
 */
import { type BatchNormLayer, type PlacedLayer, sizeOf } from "../../nn/mod.ts";
import type { LayerCalls } from "../backend.ts";
import { allocate, type CpuActivation, type CpuSite } from "./site.ts";

/** In training from the statistics of the batch, which an update brings into the running ones; else from these. */
export function batchNorm(
  site: CpuSite,
  { outputShape, parameters: places }: PlacedLayer,
  { momentum, epsilon }: BatchNormLayer,
): LayerCalls<CpuActivation> {
  const { machine, parameters, pass, lanes, input: { value: x, gradient: dx } } = site, { kernels: k } = machine;
  const { weight: gamma, gradient: dGamma } = parameters.place(places.weight!);
  const { weight: beta, gradient: dBeta } = parameters.place(places.bias!);
  const running = [places.running_mean!, places.running_var!].map((place) => parameters.place(place).weight);
  const output = allocate(site, outputShape), { value: y, gradient: dy } = output;
  const [units] = outputShape, perUnit = sizeOf(outputShape) / units;
  const batch = running.map(() => machine.allocate(4 * units));
  /** Values of a unit in the batch from which the statistics are. */
  let count = 0;
  const statistics = () => (pass.training ? batch : running) as [mean: number, variance: number];
  const forward = () => {
    const [mean, variance] = statistics();
    if (pass.training) {
      k.batchStatistics(x, mean, variance, units, perUnit, pass.images, lanes);
      count = pass.images * perUnit;
    }
    k.batchNormForward(x, mean, variance, gamma, beta, y, units, perUnit, lanes, epsilon);
  };
  const sums = (training: boolean) => () => {
    if (pass.training !== training) return;
    k.batchNormParameterGradients(x, ...statistics(), dy, dGamma, dBeta, units, perUnit, lanes, epsilon);
  };
  const inputGradient = () => {
    const images = pass.training ? pass.images : 0;
    k.batchNormInputGradient(
      x,
      ...statistics(),
      gamma,
      dGamma,
      dBeta,
      dy,
      dx,
      units,
      perUnit,
      images,
      lanes,
      epsilon,
    );
  };
  const move = () => {
    const { floats } = machine;
    // As PyTorch: the variance over one value fewer.
    [1, count / (count - 1)].forEach((factor, which) => {
      const from = batch[which]! / 4, to = running[which]! / 4;
      for (let unit = 0; unit < units; unit++) {
        floats[to + unit]! += momentum * (factor * floats[from + unit]! - floats[to + unit]!);
      }
    });
  };
  return {
    output,
    forward: [forward],
    // In training the input's gradient needs these sums, too.
    events: [sums(true)],
    parameterGradients: [sums(false)],
    exampleSquares: [],
    inputGradient: [inputGradient],
    statistics: [move],
  };
}
