// y[output][row][column][lane] = bias[output] + sum over channels and window of weight * x, with ReLU and 2x2
// max-pooling behind it where asked for. An invocation computes `pairs` pairs of outputs at tileRows x tileColumns
// places, both even, for one image. The weight's strides are constants, so that the input gradient, which is a
// convolution with the kernel turned round and inputs and outputs exchanged, is this shader too.
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
override pairs: u32;
override tileRows: u32;
override tileColumns: u32;
override tilesAcross: u32;
// Columns of x that a row of places meets.
override reach: u32;
// Where x is not known to be 0: there the windows' sums are taken.
override top: i32;
override bottom: i32;
override left: u32;
override right: u32;
override weightAt: i32;
override outputStride: i32;
override channelStride: i32;
override rowStride: i32;
override columnStride: i32;
override hasBias: bool;
override biasAt: u32;
override relu: bool;
override pooled: bool;
// Channels whose weights are kept in workgroup memory at a time; 0 reads them from the buffer: barriers are dear on
// software adapters.
override tileChannels: u32;

var<storage, read> x: array<f32>;
var<storage, read> parameters: array<f32>;
var<storage, read_write> y: array<f32>;
// Of a pooled convolution: the winner's place in the window, or -1 where that is not positive.
var<storage, read_write> winner: array<i32>;

// tile[channel][tap][pair]
var<workgroup> tile: array<vec2f, 1024>;
// alive[channel][row][pair]: whether a row of taps in the tile has a weight that is not 0.
var<workgroup> alive: array<u32, 1024>;

// If one tile is as wide as y, a column of x that is 0 is known when the shader is compiled.
const knowsColumns = tilesAcross == 1u;

// Whether all tiles lie within y: then nothing need be asked where it is written, which is most of the code.
const fits = rows % tileRows == 0u && columns % tileColumns == 0u;

fn put(output: u32, row: u32, column: u32, lane: u32, value: f32) {
  if (fits || (row < rows && column < columns)) {
    y[((output * rows + row) * columns + column) * lanes + lane] = select(value, rectified(value), relu);
  }
}

// 2x2 places, row by row; pooled, a last row or column that fills no window is left out.
fn store(output: u32, row: u32, column: u32, lane: u32, v: vec4f) {
  if (!pooled) {
    /* unroll */ for (var k = 0u; k < 4u; k++) {
      put(output, row + k / 2u, column + k % 2u, lane, v[k]);
    }
  } else if (fits || (row + 1u < rows && column + 1u < columns)) {
    // Of equals the first wins.
    let most = max(max(v.x, v.y), max(v.z, v.w));
    let place = select(select(select(3, 2, v.z == most), 1, v.y == most), 0, v.x == most);
    let at = ((output * (rows / 2u) + row / 2u) * (columns / 2u) + column / 2u) * lanes + lane;
    // A maximum passes over no NaN, and a sum neither.
    let sum = v.x + v.y + v.z + v.w;
    let isNumber = !(isNan(v.x) || isNan(v.y) || isNan(v.z) || isNan(v.w));
    y[at] = select(sum, max(most, 0.0), isNumber);
    winner[at] = select(-1, place, isNumber && most > 0.0);
  }
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
  let row = tileRows * (place / tilesAcross);
  let column = tileColumns * (place % tilesAcross);
  let output = group.z * 2u * pairs;
  let first = weightAt + i32(output) * outputStride;
  let start = (row * strideHeight * width + column * strideWidth) * lanes + lane;
  let step = select(tileChannels, channels, tileChannels == 0u);
  // Rows of the kernel that meet what is not known to be 0, at the uppermost or lowest of the places.
  let firstRow = u32(max(0, top - i32((row + tileRows - 1u) * strideHeight)));
  let endRow = u32(clamp(bottom - i32(row * strideHeight), 0, i32(kernelHeight)));
  let kernelRows = max(endRow, firstRow) - firstRow;

  // sums[pair][row][column]
  var sums: array<vec2f, pairs * tileRows * tileColumns>;
  /* unroll */ for (var p = 0u; p < pairs; p++) {
    var bias: vec2f;
    if (hasBias) {
      let at = biasAt + output + 2u * p;
      bias = vec2f(parameters[at], parameters[at + 1u]);
    }
    /* unroll */ for (var r = 0u; r < tileRows; r++) {
      /* unroll */ for (var c = 0u; c < tileColumns; c++) {
        sums[(p * tileRows + r) * tileColumns + c] = bias;
      }
    }
  }
  for (var begin = 0u; begin < channels; begin += step) {
    let to = min(begin + step, channels);
    if (tileChannels > 0u) {
      workgroupBarrier();
      let taps = kernelHeight * kernelWidth;
      for (var t = local; t < (to - begin) * taps * pairs; t += groupLanes) {
        let tap = t / pairs % taps;
        let at = first + i32(begin + t / pairs / taps) * channelStride + i32(tap / kernelWidth) * rowStride +
          i32(tap % kernelWidth) * columnStride + 2 * i32(t % pairs) * outputStride;
        tile[t] = vec2f(parameters[at], parameters[at + outputStride]);
      }
      workgroupBarrier();
      for (var t = local; t < (to - begin) * kernelHeight * pairs; t += groupLanes) {
        alive[t] = 0u;
        for (var k = 0u; k < kernelWidth; k++) {
          alive[t] |= u32(any(tile[(t / pairs * kernelWidth + k) * pairs + t % pairs] != vec2f(0)));
        }
      }
      workgroupBarrier();
    }
    // One loop, not two: a driver that masks its lanes moves every sum at each loop's ends.
    for (var turn = 0u; turn < (to - begin) * kernelRows; turn++) {
      let channel = begin + turn / kernelRows;
      let i = firstRow + turn % kernelRows;
      let at = start + (channel * height + i) * width * lanes;
      var v: array<f32, tileRows * reach>;
      /* unroll */ for (var r = 0u; r < tileRows; r++) {
        /* unroll */ for (var k = 0u; k < reach; k++) {
          if (!knowsColumns || (k >= left && k < right)) {
            v[r * reach + k] = x[at + (r * strideHeight * width + k) * lanes];
          }
        }
      }
      let weight = first + i32(channel) * channelStride + i32(i) * rowStride;
      let kernelRow = (channel - begin) * kernelHeight + i;
      /* unroll */ for (var p = 0u; p < pairs; p++) {
        // Suppressed weights are 0: a row of them is passed over by the whole workgroup.
        if (tileChannels == 0u || alive[kernelRow * pairs + p] != 0u) {
          var w: array<vec2f, kernelWidth>;
          /* unroll */ for (var k = 0u; k < kernelWidth; k++) {
            if (tileChannels > 0u) {
              w[k] = tile[(kernelRow * kernelWidth + k) * pairs + p];
            } else {
              let here = weight + i32(k) * columnStride + 2 * i32(p) * outputStride;
              w[k] = vec2f(parameters[here], parameters[here + outputStride]);
            }
          }
          /* unroll */ for (var r = 0u; r < tileRows; r++) {
            /* unroll */ for (var c = 0u; c < tileColumns; c++) {
              var sum = sums[(p * tileRows + r) * tileColumns + c];
              /* unroll */ for (var k = 0u; k < kernelWidth; k++) {
                if (!knowsColumns || (c * strideWidth + k >= left && c * strideWidth + k < right)) {
                  sum += w[k] * v[r * reach + c * strideWidth + k];
                }
              }
              sums[(p * tileRows + r) * tileColumns + c] = sum;
            }
          }
        }
      }
    }
  }
  if (row >= rows || lane >= lanes) {
    return;
  }
  /* unroll */ for (var p = 0u; p < pairs; p++) {
    /* unroll */ for (var r = 0u; r < tileRows; r += 2u) {
      /* unroll */ for (var c = 0u; c < tileColumns; c += 2u) {
        /* unroll */ for (var half = 0u; half < 2u; half++) {
          let o = output + 2u * p + half;
          if (outputs % (2u * pairs) == 0u || o < outputs) {
            var window: vec4f;
            /* unroll */ for (var k = 0u; k < 4u; k++) {
              window[k] = sums[(p * tileRows + r + k / 2u) * tileColumns + c + k % 2u][half];
            }
            store(o, row + r, column + c, lane, window);
          }
        }
      }
    }
  }
}
