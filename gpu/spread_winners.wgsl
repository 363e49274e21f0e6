// The gradient of a convolution's outputs from that of their 2x2 max-pool, set into a larger y of zeros: dy at the winner, 0 at the other three places.
override channels: u32;
override height: u32;
override width: u32;
override lanes: u32;
override tall: u32;
override wide: u32;
override top: i32;
override left: i32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> winner: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn put(channel: u32, row: i32, column: i32, lane: u32, value: f32) {
  if (row >= 0 && row < i32(tall) && column >= 0 && column < i32(wide)) {
    y[((channel * tall + u32(row)) * wide + u32(column)) * lanes + lane] = value;
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  let place = index / lanes;
  let channel = place / (height * width);
  if (channel >= channels) {
    return;
  }
  let lane = index % lanes;
  let row = i32(2u * (place / width % height)) + top;
  let column = i32(2u * (place % width)) + left;
  let value = dy[index];
  let won = winner[index];
  put(channel, row, column, lane, select(0.0, value, won == 0));
  put(channel, row, column + 1, lane, select(0.0, value, won == 1));
  put(channel, row + 1, column, lane, select(0.0, value, won == 2));
  put(channel, row + 1, column + 1, lane, select(0.0, value, won == 3));
}
