// The weight gradient of a convolution, in parts: sums[output][tap][part], the bias as a last tap; `sum_parts` adds them up. dy is that of the convolution's outputs or, where `pooled`, that of the ReLU and
// 2x2 max-pool behind it with its winners. An invocation computes 2x2 taps of 8 outputs over a slice of the places, for every partLanes-th image.
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
override slices: u32;
override partLanes: u32;
override pooled: bool;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> winner: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

struct Patch {
  above: vec3f,
  middle: vec3f,
  below: vec3f,
}

// The gradient times the 2x2 taps at the place of the window that won; nothing where ReLU closed it.
fn won(at: u32, window3: Patch) -> vec4f {
  let place = winner[at];
  let isLower = place >= 2;
  let upper = select(window3.above, window3.middle, isLower);
  let lower = select(window3.middle, window3.below, isLower);
  let isRight = (place & 1) != 0;
  let chosen = vec4f(select(upper.xy, upper.yz, isRight), select(lower.xy, lower.yz, isRight));
  return select(0.0, dy[at], place >= 0) * chosen;
}

fn store(output: u32, tap: u32, part: u32, wanted: bool, sum: f32) {
  if (wanted && output < outputs) {
    sums[(output * taps + tap) * slices * partLanes + part] = sum;
  }
}

fn store4(output: u32, tap: u32, part: u32, down: bool, across: bool, sum: vec4f) {
  store(output, tap, part, true, sum.x);
  store(output, tap + 1u, part, across, sum.y);
  store(output, tap + kernelWidth, part, down, sum.z);
  store(output, tap + kernelWidth + 1u, part, down && across, sum.w);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  let first = index % partLanes;
  let slice = index / partLanes % slices;
  let block = index / partLanes / slices;
  let acrossBlocks = (kernelWidth + 1u) / 2u;
  let blocks = (kernelHeight + 1u) / 2u * acrossBlocks;
  if (block > channels * blocks) {
    return;
  }
  let isBias = block == channels * blocks;
  let channel = block / blocks;
  let i = 2u * (block % blocks / acrossBlocks);
  let j = 2u * (block % acrossBlocks);
  let output = group.z * 8u;
  let line = width * lanes;
  let next = rows * columns * lanes;
  let step = select(1u, 2u, pooled);
  let window = select(((channel * height + i) * width + j) * lanes, 0u, isBias);
  // Rows of places, shared among the slices.
  let share = (rows + slices - 1u) / slices;
  let end = min((slice + 1u) * share, rows);
  var a = vec4f(0);
  var b = vec4f(0);
  var c = vec4f(0);
  var d = vec4f(0);
  var e = vec4f(0);
  var f = vec4f(0);
  var g = vec4f(0);
  var h = vec4f(0);
  for (var lane = first; lane < lanes; lane += partLanes) {
    for (var row = slice * share; row < end; row++) {
      var at = window + row * strideHeight * step * line + lane;
      var dyAt = (output * rows + row) * columns * lanes + lane;
      for (var column = 0u; column < columns; column++) {
        if (pooled) {
          var window3: Patch;
          window3.above = vec3f(x[at], x[at + lanes], x[at + 2u * lanes]);
          window3.middle = vec3f(x[at + line], x[at + line + lanes], x[at + line + 2u * lanes]);
          window3.below = vec3f(x[at + 2u * line], x[at + 2u * line + lanes], x[at + 2u * line + 2u * lanes]);
          if (isBias) {
            window3 = Patch(vec3f(1), vec3f(1), vec3f(1));
          }
          a += won(dyAt, window3);
          b += won(dyAt + next, window3);
          c += won(dyAt + 2u * next, window3);
          d += won(dyAt + 3u * next, window3);
          e += won(dyAt + 4u * next, window3);
          f += won(dyAt + 5u * next, window3);
          g += won(dyAt + 6u * next, window3);
          h += won(dyAt + 7u * next, window3);
        } else {
          var window3 = vec4f(x[at], x[at + lanes], x[at + line], x[at + line + lanes]);
          if (isBias) {
            window3 = vec4f(1);
          }
          a += dy[dyAt] * window3;
          b += dy[dyAt + next] * window3;
          c += dy[dyAt + 2u * next] * window3;
          d += dy[dyAt + 3u * next] * window3;
          e += dy[dyAt + 4u * next] * window3;
          f += dy[dyAt + 5u * next] * window3;
          g += dy[dyAt + 6u * next] * window3;
          h += dy[dyAt + 7u * next] * window3;
        }
        at += strideWidth * step * lanes;
        dyAt += lanes;
      }
    }
  }
  let part = slice * partLanes + first;
  let tap = select((channel * kernelHeight + i) * kernelWidth + j, channels * kernelHeight * kernelWidth, isBias);
  let down = !isBias && i + 1u < kernelHeight;
  let across = !isBias && j + 1u < kernelWidth;
  if (isBias && taps == tap) {
    return;
  }
  store4(output, tap, part, down, across, a);
  store4(output + 1u, tap, part, down, across, b);
  store4(output + 2u, tap, part, down, across, c);
  store4(output + 3u, tap, part, down, across, d);
  store4(output + 4u, tap, part, down, across, e);
  store4(output + 5u, tap, part, down, across, f);
  store4(output + 6u, tap, part, down, across, g);
  store4(output + 7u, tap, part, down, across, h);
}
