// Sets x[channel][row][column][lane] into a larger y of zeros, rows and columns apart by the strides: padding of an input (strides 1), or an output gradient as the
// input gradient's convolution wants it. The zeros around and between are never written.
override channels: u32;
override height: u32;
override width: u32;
override lanes: u32;
override tall: u32;
override wide: u32;
override strideHeight: u32;
override strideWidth: u32;
override top: i32;
override left: i32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  let place = index / lanes;
  let channel = place / (height * width);
  let row = i32(place / width % height * strideHeight) + top;
  let column = i32(place % width * strideWidth) + left;
  if (channel >= channels || row < 0 || row >= i32(tall) || column < 0 || column >= i32(wide)) {
    return;
  }
  y[((channel * tall + u32(row)) * wide + u32(column)) * lanes + index % lanes] = x[index];
}
