// x = clip(x - rate * sign(dx), low, high), element for element; sign(0) = 0.
override count: u32;

struct Arguments {
  rate: f32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read> dx: array<f32>;
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
  if (index < count) {
    // A NaN that is there already stays as well.
    let before = x[index];
    let moved = clamp(before - arguments.rate * sign(dx[index]), arguments.low, arguments.high);
    x[index] = doubted(doubted(moved, dx[index]), before);
  }
}
