// gradients = (sums + noise) * share over all parameters, and sums = 0.
override count: u32;

struct Arguments {
  share: f32,
}

@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + local;
  if (i < count) {
    gradients[i] = (sums[i] + noise[i]) * arguments.share;
    sums[i] = 0.0;
  }
}
