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

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index < count) {
    x[index] = clamp(x[index] - arguments.rate * sign(dx[index]), arguments.low, arguments.high);
  }
}
