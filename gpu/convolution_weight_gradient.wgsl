// The weight gradient of a convolution from dy[output][row][column][lane], in slices of the places: sums[slice][output][tap], the bias as a last tap.
// An invocation has one weight of each of 4 outputs.
override channels: u32;
override height: u32;
override width: u32;
override outputs: u32;
override rows: u32;
override columns: u32;
override kernelHeight: u32;
override kernelWidth: u32;
override strideHeight: u32;
override strideWidth: u32;
override lanes: u32;
override taps: u32;
override slicePlaces: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tap = group.x * 32u + local;
  let slice = group.y;
  let output = group.z * 4u;
  let isBias = tap >= channels * kernelHeight * kernelWidth;
  let channel = tap / (kernelHeight * kernelWidth);
  let i = tap / kernelWidth % kernelHeight;
  let j = tap % kernelWidth;
  let window = select(((channel * height + i) * width + j) * lanes, 0u, isBias);
  let end = min((slice + 1u) * slicePlaces, rows * columns);
  let next = rows * columns * lanes;
  var sum = vec4f(0);
  for (var place = slice * slicePlaces; place < end; place++) {
    let corner = window + (strideHeight * (place / columns) * width + strideWidth * (place % columns)) * lanes;
    let from = (output * rows * columns + place) * lanes;
    for (var lane = 0u; lane < lanes; lane++) {
      let at = from + lane;
      let gradients = vec4f(dy[at], dy[at + next], dy[at + 2u * next], dy[at + 3u * next]);
      sum += gradients * select(x[corner + lane], 1.0, isBias);
    }
  }
  if (tap < taps) {
    for (var k = 0u; k < min(4u, outputs - output); k++) {
      sums[(slice * outputs + output + k) * taps + tap] = sum[k];
    }
  }
}
