// The weight gradient of a convolution with ReLU and 2x2 max-pool from dy[output][row][column][lane] of the pool and its winners, in slices of the pooled places:
// sums[slice][output][tap], the bias as a last tap. An invocation has one weight; gradients of 0 and places that ReLU closed are passed over by all together.
override channels: u32;
override height: u32;
override width: u32;
override outputs: u32;
override rows: u32;
override columns: u32;
override kernelHeight: u32;
override kernelWidth: u32;
override lanes: u32;
override taps: u32;
override slicePlaces: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> winner: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tap = group.x * 32u + local;
  let slice = group.y;
  let output = group.z;
  let isBias = tap >= channels * kernelHeight * kernelWidth;
  let channel = tap / (kernelHeight * kernelWidth);
  let i = tap / kernelWidth % kernelHeight;
  let j = tap % kernelWidth;
  let window = select(((channel * height + i) * width + j) * lanes, 0u, isBias);
  let end = min((slice + 1u) * slicePlaces, rows * columns);
  var sum = 0.0;
  for (var place = slice * slicePlaces; place < end; place++) {
    let corner = window + (2u * (place / columns) * width + 2u * (place % columns)) * lanes;
    let from = (output * rows * columns + place) * lanes;
    for (var lane = 0u; lane < lanes; lane++) {
      let gradient = dy[from + lane];
      if (gradient != 0.0) {
        let won = winner[from + lane];
        if (won >= 0) {
          let won2 = u32(won);
          let at = corner + (won2 / 2u * width + won2 % 2u) * lanes + lane;
          sum += gradient * select(x[at], 1.0, isBias);
        }
      }
    }
  }
  if (tap < taps) {
    sums[(slice * outputs + output) * taps + tap] = sum;
  }
}
