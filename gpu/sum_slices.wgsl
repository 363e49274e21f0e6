// The gradients of a convolution's weight and bias as the sums of their slices, sums[slice][output][tap], the bias as a last tap.
override outputs: u32;
override taps: u32;
override slices: u32;
override weightTaps: u32;
override weightAt: u32;
override biasAt: u32;

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  let output = index / taps;
  let tap = index % taps;
  if (output >= outputs) {
    return;
  }
  var sum = 0.0;
  for (var slice = 0u; slice < slices; slice++) {
    sum += sums[slice * outputs * taps + index];
  }
  gradients[select(biasAt + output, weightAt + output * weightTaps + tap, tap < weightTaps)] = sum;
}
