/**
 * Batch normalisation on a GPU. Statistics stay on the device.
 *
 * @module
 */
import { type BatchNormLayer, type PlacedLayer, sizeOf } from "../../nn/mod.ts";
import type { Call, LayerCalls } from "../backend.ts";
import type { Groups } from "./device.ts";
import { activation, type GpuActivation, type GpuSite, gradientCalls } from "./site.ts";

/** A workgroup a unit. */
function unitwise(units: number): Groups {
  return [Math.min(units, 65535), Math.ceil(units / 65535), 1];
}

/** In training from the statistics of the batch, which an update brings into the running ones; else from these. */
export function batchNorm(
  site: GpuSite,
  { outputShape, parameters: places }: PlacedLayer,
  { momentum, epsilon }: BatchNormLayer,
): LayerCalls<GpuActivation> {
  const { device, lanes, input, pass, parameters } = site, { values32, gradients, watch } = parameters;
  const output = activation(site, outputShape, false), [units] = outputShape, perUnit = sizeOf(outputShape) / units;
  const [weightAt, biasAt, meanAt, varianceAt] = [
    places.weight!,
    places.bias!,
    places.running_mean!,
    places.running_var!,
  ].map((place) => parameters.place(place).at) as [number, number, number, number];
  const batch = device.buffer(8 * units), count = sizeOf(outputShape) * lanes, size = perUnit * lanes;
  const at = { meanAt, varianceAt }, constants = { units, size, weightAt, biasAt, ...at };
  const given = [input.value, values32, batch];
  const measure = device.kernel(
    "batch_norm_statistics",
    { units, places: perUnit, lanes },
    [input.value, batch],
    unitwise(units),
  );
  const apply = device.kernel("batch_norm", { count, ...constants }, [...given, output.value]);
  const move = device.kernel("batch_norm_running", { count: units, ...at }, [values32, batch, watch.buffer]);
  /** Values of a unit in the batch from which the statistics are. */
  let values = 0;
  const forward = () => {
    if (pass.training) {
      device.run(measure, pass.images);
      values = pass.images * perUnit;
    }
    device.run(apply, Number(pass.training), epsilon);
  };
  const dy = output.gradient;
  const sum = dy &&
    device.kernel("batch_norm_parameter_gradients", constants, [...given, dy, gradients], unitwise(units));
  const sums = (training: boolean): Call[] =>
    sum ? [() => void (pass.training === training && device.run(sum, Number(training), epsilon))] : [];
  return {
    output,
    forward: [forward],
    // In training the input's gradient needs these sums, too.
    events: sums(true),
    parameterGradients: sums(false),
    exampleSquares: [],
    inputGradient: gradientCalls(site, input, output, (dy, dx) => {
      const own = device.kernel(
        "batch_norm_gradient",
        { count, ...constants, places: perUnit, lanes },
        [...given, dy, gradients, dx],
      );
      return [() => device.run(own, pass.training ? pass.images : 0, epsilon)];
    }),
    statistics: [() => device.run(move, momentum, values / (values - 1))],
  };
}
