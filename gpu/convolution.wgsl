// y[output][row][column][lane] = bias[output] + sum over channels and window of weight * x, with ReLU and 2x2 max-pooling behind it where asked for.
// An invocation computes 8 outputs, or 6, at 2x2 places for one image. The weight's strides are constants, so that the input gradient, which is a convolution
// with the kernel turned round and inputs and outputs exchanged, is this shader too.
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
// Images of a workgroup, which all compute the same places: its loops and weights are the same for all invocations.
override groupLanes: u32;
// Where x is not known to be 0: there the windows' sums are taken.
override top: i32;
override bottom: i32;
override left: i32;
override right: i32;
override weightAt: i32;
override outputStride: i32;
override channelStride: i32;
override rowStride: i32;
override columnStride: i32;
override hasBias: bool;
override biasAt: u32;
override relu: bool;
override pooled: bool;
// Whether the block of 8 outputs is wanted whole; else its last two are left out, as 6 outputs want it.
override eight: bool;
// Channels whose weights are kept in workgroup memory at a time; 0 reads them from the buffer: barriers are dear on software adapters.
override tileChannels: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
// Of a pooled convolution: the winner's place in the window, or -1 where that is not positive.
@group(0) @binding(3) var<storage, read_write> winner: array<i32>;

var<workgroup> tile: array<vec4f, 512>;

fn fourWeights(at: i32) -> vec4f {
  return vec4f(
    parameters[at],
    parameters[at + outputStride],
    parameters[at + 2 * outputStride],
    parameters[at + 3 * outputStride],
  );
}

fn twoWeights(at: i32) -> vec2f {
  return vec2f(parameters[at], parameters[at + outputStride]);
}

fn bias(output: u32) -> f32 {
  if (!hasBias) {
    return 0.0;
  }
  return parameters[biasAt + output];
}

fn put(output: u32, row: u32, column: u32, lane: u32, value: f32) {
  if (row < rows && column < columns) {
    y[((output * rows + row) * columns + column) * lanes + lane] = select(value, max(value, 0.0), relu);
  }
}

fn store(output: u32, row: u32, column: u32, lane: u32, v00: f32, v01: f32, v10: f32, v11: f32) {
  if (output >= outputs) {
    return;
  }
  if (!pooled) {
    put(output, row, column, lane, v00);
    put(output, row, column + 1u, lane, v01);
    put(output, row + 1u, column, lane, v10);
    put(output, row + 1u, column + 1u, lane, v11);
    return;
  }
  // Of equals the first wins.
  let above = max(v00, v01);
  let most = max(above, max(v10, v11));
  let place = select(select(3, 2, v10 == most), select(1, 0, v00 == most), above == most);
  let at = ((output * (rows / 2u) + row / 2u) * (columns / 2u) + column / 2u) * lanes + lane;
  y[at] = max(most, 0.0);
  winner[at] = select(-1, place, most > 0.0);
}

@compute @workgroup_size(groupLanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  let laneGroups = (lanes + groupLanes - 1u) / groupLanes;
  let lane = index % laneGroups * groupLanes + local;
  let place = index / laneGroups;
  // A pooled convolution leaves out a last row or column that fills no window.
  let across = select((columns + 1u) / 2u, columns / 2u, pooled);
  let down = select((rows + 1u) / 2u, rows / 2u, pooled);
  let row = 2u * (place / across);
  let column = 2u * (place % across);
  let output = group.z * 8u;
  let first = weightAt + i32(output) * outputStride;
  let below = strideHeight * width * lanes;
  let beside = strideWidth * lanes;
  let start = (row * strideHeight * width + column * strideWidth) * lanes + lane;
  let step = select(tileChannels, channels, tileChannels == 0u);
  // Rows and columns of the kernel that meet what is not known to be 0, at the upper or lower, left or right of the places.
  let firstRow = u32(max(0, top - i32((row + 1u) * strideHeight)));
  let endRow = u32(clamp(bottom - i32(row * strideHeight), 0, i32(kernelHeight)));
  let firstColumn = u32(max(0, left - i32((column + 1u) * strideWidth)));
  let endColumn = u32(clamp(right - i32(column * strideWidth), 0, i32(kernelWidth)));

  var a00 = vec4f(bias(output), bias(output + 1u), bias(output + 2u), bias(output + 3u));
  var a01 = a00;
  var a10 = a00;
  var a11 = a00;
  var b00 = vec2f(bias(output + 4u), bias(output + 5u));
  var b01 = b00;
  var b10 = b00;
  var b11 = b00;
  var c00 = vec2f(bias(output + 6u), bias(output + 7u));
  var c01 = c00;
  var c10 = c00;
  var c11 = c00;
  for (var begin = 0u; begin < channels; begin += step) {
    let to = min(begin + step, channels);
    if (tileChannels > 0u) {
      workgroupBarrier();
      let taps = kernelHeight * kernelWidth;
      for (var t = local; t < (to - begin) * taps; t += groupLanes) {
        let tap = t % taps;
        let at = first + i32(begin + t / taps) * channelStride + i32(tap / kernelWidth) * rowStride +
          i32(tap % kernelWidth) * columnStride;
        tile[2u * t] = fourWeights(at);
        tile[2u * t + 1u] = fourWeights(at + 4 * outputStride);
      }
      workgroupBarrier();
    }
    for (var channel = begin; channel < to; channel++) {
      for (var i = firstRow; i < endRow; i++) {
        var weight = first + i32(channel) * channelStride + i32(i) * rowStride + i32(firstColumn) * columnStride;
        var t = 2u * (((channel - begin) * kernelHeight + i) * kernelWidth + firstColumn);
        var at = start + ((channel * height + i) * width + firstColumn) * lanes;
        var p0 = x[at];
        var q0 = x[at + below];
        for (var j = firstColumn; j < endColumn; j++) {
          if (strideWidth > 1u) {
            p0 = x[at];
            q0 = x[at + below];
          }
          let p1 = x[at + beside];
          let q1 = x[at + below + beside];
          var w0: vec4f;
          var w1: vec2f;
          var w2: vec2f;
          if (tileChannels > 0u) {
            w0 = tile[t];
            w1 = tile[t + 1u].xy;
            w2 = tile[t + 1u].zw;
            t += 2u;
          } else {
            w0 = fourWeights(weight);
            w1 = twoWeights(weight + 4 * outputStride);
            if (eight) {
              w2 = twoWeights(weight + 6 * outputStride);
            }
          }
          a00 += w0 * p0;
          a01 += w0 * p1;
          a10 += w0 * q0;
          a11 += w0 * q1;
          b00 += w1 * p0;
          b01 += w1 * p1;
          b10 += w1 * q0;
          b11 += w1 * q1;
          if (eight) {
            c00 += w2 * p0;
            c01 += w2 * p1;
            c10 += w2 * q0;
            c11 += w2 * q1;
          }
          p0 = p1;
          q0 = q1;
          weight += columnStride;
          at += lanes;
        }
      }
    }
  }
  if (row >= 2u * down || lane >= lanes) {
    return;
  }
  store(output, row, column, lane, a00.x, a01.x, a10.x, a11.x);
  store(output + 1u, row, column, lane, a00.y, a01.y, a10.y, a11.y);
  store(output + 2u, row, column, lane, a00.z, a01.z, a10.z, a11.z);
  store(output + 3u, row, column, lane, a00.w, a01.w, a10.w, a11.w);
  store(output + 4u, row, column, lane, b00.x, b01.x, b10.x, b11.x);
  store(output + 5u, row, column, lane, b00.y, b01.y, b10.y, b11.y);
  if (eight) {
    store(output + 6u, row, column, lane, c00.x, c01.x, c10.x, c11.x);
    store(output + 7u, row, column, lane, c00.y, c01.y, c10.y, c11.y);
  }
}
