/**
 * Batch normalisation on a GPU. Statistics stay on the device.
 *
 * @module
 */
import { type BatchNormLayer, type PlacedLayer, sizeOf } from "../../nn/mod.ts";
import type { Call, LayerCalls } from "../backend.ts";
import { flat, type Groups } from "./device.ts";
import { activation, type GpuActivation, type GpuSite, reluGradient } from "./site.ts";

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
  const apply = device.kernel("batch_norm", { count, ...constants }, [...given, output.value], flat(count));
  const move = device.kernel(
    "batch_norm_running",
    { count: units, ...at },
    [values32, batch, watch.buffer],
    flat(units),
  );
  /** Values of a unit in the batch from which the statistics are. */
  let values = 0;
  const forward = () => {
    if (pass.training) {
      device.run(measure, pass.images);
      values = pass.images * perUnit;
    }
    device.run(apply, Number(pass.training), epsilon);
  };
  return {
    output,
    forward: [forward],
    ...backward(),
    exampleSquares: [],
    statistics: [() => device.run(move, momentum, values / (values - 1))],
  };

  function backward(): { events: Call[]; parameterGradients: Call[]; inputGradient: Call[] } {
    const dy = output.gradient, dx = input.gradient;
    if (!dy) return { events: [], parameterGradients: [], inputGradient: [] };
    const sum = device.kernel("batch_norm_parameter_gradients", constants, [...given, dy, gradients], unitwise(units));
    const sums = (training: boolean) => () => {
      if (pass.training === training) device.run(sum, Number(training), epsilon);
    };
    const inputGradient: Call[] = [];
    if (dx) {
      const buffers = [...given, dy, gradients, dx];
      const own = device.kernel(
        "batch_norm_gradient",
        { count, ...constants, places: perUnit, lanes },
        buffers,
        flat(count),
      );
      inputGradient.push(() => device.run(own, pass.training ? pass.images : 0, epsilon));
      for (const kernel of reluGradient(device, input, lanes)) inputGradient.push(() => device.run(kernel));
    }
    // In training the input's gradient needs these sums, too.
    return { events: [sums(true)], parameterGradients: [sums(false)], inputGradient };
  }
}
