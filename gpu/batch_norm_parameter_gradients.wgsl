// dWeight = the sum over places and lanes of dy[unit][place][lane] (x - mean) / sqrt(variance + epsilon), dBias = that
// of dy. Mean and variance are those of the batch in training, else the running ones. A workgroup does a unit.
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
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradients: array<f32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let unit = min(group.y * 65535u + group.x, units - 1u);
  var mean = parameters[meanAt + unit];
  var variance = parameters[varianceAt + unit];
  if (arguments.training != 0u) {
    mean = statistics[unit];
    variance = statistics[units + unit];
  }
  var own = vec2f(0);
  for (var at = unit * size + local; at < (unit + 1u) * size; at += 64u) {
    own += dy[at] * vec2f(x[at] - mean, 1.0);
  }
  sums[local] = own;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) {
      sums[local] += sums[local + half];
    }
    workgroupBarrier();
  }
  // Workgroups beyond the last unit have done that one once more.
  if (local == 0u) {
    gradients[weightAt + unit] = sums[0].x / sqrt(variance + arguments.epsilon);
    gradients[biasAt + unit] = sums[0].y;
  }
}
