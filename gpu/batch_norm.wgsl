// y[unit][place][lane] = weight (x - mean) / sqrt(variance + epsilon) + bias. Mean and variance are those of the batch
// in training, else the running ones among the parameters.
override count: u32;
override units: u32;
override size: u32;
override weightAt: u32;
override biasAt: u32;
override meanAt: u32;
override varianceAt: u32;

struct Arguments {
  training: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

fn element(index: u32) {
  let unit = index / size;
  var mean = parameters[meanAt + unit];
  var variance = parameters[varianceAt + unit];
  if (arguments.training != 0u) {
    mean = statistics[unit];
    variance = statistics[units + unit];
  }
  let scale = parameters[weightAt + unit] / sqrt(variance + arguments.epsilon);
  y[index] = (x[index] - mean) * scale + parameters[biasAt + unit];
}
