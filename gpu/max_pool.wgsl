// y[channel][row][column][lane] = the maximum over each window; winner = its place in the window, row by row: of equals
// the first. NaN stays: a maximum passes over none.
override channels: u32;
override height: u32;
override width: u32;
override rows: u32;
override columns: u32;
override windowHeight: u32;
override windowWidth: u32;
override strideHeight: u32;
override strideWidth: u32;
override lanes: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> winner: array<i32>;

// Asked of the bits: comparisons of NaN are nothing to rely on.
fn isNan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  let place = index / lanes;
  let channel = place / (rows * columns);
  if (channel >= channels) {
    return;
  }
  let top = place / columns % rows * strideHeight;
  let left = place % columns * strideWidth;
  let start = ((channel * height + top) * width + left) * lanes + index % lanes;
  var most = x[start];
  var won = 0u;
  for (var i = 0u; i < windowHeight; i++) {
    for (var j = 0u; j < windowWidth; j++) {
      let value = x[start + (i * width + j) * lanes];
      if (!isNan(most) && (value > most || isNan(value))) {
        most = value;
        won = i * windowWidth + j;
      }
    }
  }
  y[index] = most;
  winner[index] = i32(won);
}
