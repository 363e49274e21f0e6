// Adam on the pixels: m = beta1 m + (1 - beta1) dx, v = beta2 v + (1 - beta2) dx^2, x = clip(x - rate * (m * scale1) / (sqrt(v * scale2) + epsilon), low, high).
override count: u32;

struct Arguments {
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  scale1: f32,
  scale2: f32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read> dx: array<f32>;
@group(0) @binding(2) var<storage, read_write> means: array<f32>;
@group(0) @binding(3) var<storage, read_write> squares: array<f32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

// NaN where the measure is NaN or infinite, else the value: a step along such a gradient must not pass for one that
// stayed. Asked of the bits: comparisons of NaN are nothing to rely on.
fn doubted(value: f32, measure: f32) -> f32 {
  let isFinite = (bitcast<u32>(measure) & 0x7f800000u) != 0x7f800000u;
  return bitcast<f32>(bitcast<u32>(value) | select(0x7fc00000u, 0u, isFinite));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index >= count) {
    return;
  }
  let gradient = dx[index];
  let mean = arguments.beta1 * means[index] + (1.0 - arguments.beta1) * gradient;
  let square = arguments.beta2 * squares[index] + (1.0 - arguments.beta2) * gradient * gradient;
  means[index] = mean;
  squares[index] = square;
  let deviation = sqrt(square * arguments.scale2) + arguments.epsilon;
  // A NaN that is there already stays as well.
  let before = x[index];
  let moved = clamp(before - arguments.rate * (mean * arguments.scale1) / deviation, arguments.low, arguments.high);
  x[index] = doubted(doubted(moved, square), before);
}
