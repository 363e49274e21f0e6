// The weight gradient of a convolution, in parts: sums[output][tap][part], the bias as a last tap; `sum_parts` adds them up. dy is that of the convolution's outputs or, where `pooled`, that of the ReLU and
// 2x2 max-pool behind it with its winners. An invocation computes tapRows x tapColumns taps of `pairs` pairs of outputs over a slice of the places, for every partLanes-th image.
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
override pairs: u32;
override tapRows: u32;
override tapColumns: u32;
// One more of each: what the taps meet of x at the four places of a window.
override patchRows: u32;
override patchColumns: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> winner: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

fn store(output: u32, tap: u32, part: u32, sum: vec2f) {
  let at = (output * taps + tap) * slices * partLanes + part;
  let fits = outputs % (2u * pairs) == 0u;
  if (fits || output < outputs) {
    sums[at] = sum.x;
  }
  if (fits || output + 1u < outputs) {
    sums[at + taps * slices * partLanes] = sum.y;
  }
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
  let acrossBlocks = (kernelWidth + tapColumns - 1u) / tapColumns;
  let blocks = (kernelHeight + tapRows - 1u) / tapRows * acrossBlocks;
  if (block >= channels * blocks) {
    return;
  }
  let channel = block / blocks;
  let upper = tapRows * (block % blocks / acrossBlocks);
  let left = tapColumns * (block % acrossBlocks);
  let output = group.z * 2u * pairs;
  let next = rows * columns * lanes;
  let step = select(1u, 2u, pooled);
  // Rows of places, shared among the slices.
  let share = (rows + slices - 1u) / slices;
  let begin = min(slice * share, rows);
  let places = (min(begin + share, rows) - begin) * columns;
  let images = (lanes - first + partLanes - 1u) / partLanes;

  // grid[pair][row][column] of the taps.
  var grid: array<vec2f, pairs * tapRows * tapColumns>;
  var biases: array<vec2f, pairs>;
  // One loop, not three: a driver that masks its lanes moves every sum at each loop's ends.
  for (var turn = 0u; turn < images * places; turn++) {
    let lane = first + turn / places * partLanes;
    let place = begin * columns + turn % places;
    let row = place / columns * strideHeight * step;
    let column = place % columns * strideWidth * step;
    let at = ((channel * height + upper + row) * width + left + column) * lanes + lane;
    var v: array<f32, patchRows * patchColumns>;
    /* unroll */ for (var i = 0u; i < patchRows; i++) {
      /* unroll */ for (var j = 0u; j < patchColumns; j++) {
        if (pooled || (i < tapRows && j < tapColumns)) {
          v[i * patchColumns + j] = x[at + (i * width + j) * lanes];
        }
      }
    }
    let dyAt = output * next + place * lanes + lane;
    /* unroll */ for (var p = 0u; p < pairs; p++) {
      let d = vec2f(dy[dyAt + 2u * p * next], dy[dyAt + (2u * p + 1u) * next]);
      if (pooled) {
        // The gradient at the place of the window that won; nowhere if ReLU closed it.
        let won = vec2i(winner[dyAt + 2u * p * next], winner[dyAt + (2u * p + 1u) * next]);
        let d00 = select(vec2f(0), d, won == vec2i(0));
        let d01 = select(vec2f(0), d, won == vec2i(1));
        let d10 = select(vec2f(0), d, won == vec2i(2));
        let d11 = select(vec2f(0), d, won == vec2i(3));
        biases[p] += d00 + d01 + d10 + d11;
        /* unroll */ for (var i = 0u; i < tapRows; i++) {
          /* unroll */ for (var j = 0u; j < tapColumns; j++) {
            grid[(p * tapRows + i) * tapColumns + j] += d00 * v[i * patchColumns + j] +
              d01 * v[i * patchColumns + j + 1u] + d10 * v[(i + 1u) * patchColumns + j] +
              d11 * v[(i + 1u) * patchColumns + j + 1u];
          }
        }
      } else {
        biases[p] += d;
        /* unroll */ for (var i = 0u; i < tapRows; i++) {
          /* unroll */ for (var j = 0u; j < tapColumns; j++) {
            grid[(p * tapRows + i) * tapColumns + j] += d * v[i * patchColumns + j];
          }
        }
      }
    }
  }
  let part = slice * partLanes + first;
  let weightTaps = channels * kernelHeight * kernelWidth;
  /* unroll */ for (var p = 0u; p < pairs; p++) {
    if (block == 0u && taps > weightTaps) {
      store(output + 2u * p, weightTaps, part, biases[p]);
    }
    /* unroll */ for (var i = 0u; i < tapRows; i++) {
      /* unroll */ for (var j = 0u; j < tapColumns; j++) {
        if ((kernelHeight % tapRows == 0u || upper + i < kernelHeight) && (kernelWidth % tapColumns == 0u || left + j < kernelWidth)) {
          store(output + 2u * p, (channel * kernelHeight + upper + i) * kernelWidth + left + j, part, grid[(p * tapRows + i) * tapColumns + j]);
        }
      }
    }
  }
}
