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

var<storage, read> x: array<f32>;
var<storage, read> parameters: array<f32>;
var<storage, read> statistics: array<f32>;
var<storage, read> dy: array<f32>;
var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let unit = min(group.y * 65535u + group.x, units - 1u);
  let known = moments(unit);
  var own = vec2f(0);
  for (var at = unit * size + local; at < (unit + 1u) * size; at += 64u) {
    own += dy[at] * vec2f(x[at] - known.x, 1.0);
  }
  own = workgroupSum(local, own);
  // Workgroups beyond the last unit have done that one once more.
  if (local == 0u) {
    gradients[weightAt + unit] = own.x / sqrt(known.y + arguments.epsilon);
    gradients[biasAt + unit] = own.y;
  }
}
