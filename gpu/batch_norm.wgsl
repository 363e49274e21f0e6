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

var<storage, read> x: array<f32>;
var<storage, read> parameters: array<f32>;
var<storage, read> statistics: array<f32>;
var<storage, read_write> y: array<f32>;

fn element(index: u32) {
  let unit = index / size;
  let known = moments(unit);
  let scale = parameters[weightAt + unit] / sqrt(known.y + arguments.epsilon);
  y[index] = (x[index] - known.x) * scale + parameters[biasAt + unit];
}
