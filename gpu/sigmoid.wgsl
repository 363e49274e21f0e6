// y = 1 / (1 + e^-x), element for element.
override count: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index < count) {
    // Where e^-x would overflow, e^x is used: the quotient stays defined.
    let power = exp(-abs(x[index]));
    y[index] = select(power, 1.0, x[index] >= 0.0) / (1.0 + power);
  }
}
