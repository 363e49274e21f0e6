// The weight gradient of a convolution, in parts: sums[output][tap][part], the bias as a last tap; `sum_parts` adds
// them up. dy is that of the convolution's outputs or, where `pooled`, that of the ReLU and 2x2 max-pool behind it with
// its winners. An invocation computes tapRows x tapColumns taps of `pairs` pairs of outputs over a slice of the places,
// for every partLanes-th image; its workgroup does so for partLanes images and `groupBlocks` blocks of taps, which
// share dy.
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
override groupBlocks: u32;
// Places of which dy is kept in workgroup memory at a time; 0 reads it from the buffers.
override tilePlaces: u32;

var<storage, read> x: array<f32>;
var<storage, read> dy: array<f32>;
var<storage, read> winner: array<i32>;
var<storage, read_write> sums: array<f32>;

// dyTile[place][pair][lane], and the winners likewise.
var<workgroup> dyTile: array<vec2f, 512>;
var<workgroup> wonTile: array<vec2i, 512>;

const next = rows * columns * lanes;

// dy of a pair of outputs, from the tile where there is one.
fn dyOf(tileAt: u32, at: u32) -> vec2f {
  if (tilePlaces > 0u) {
    return dyTile[tileAt];
  }
  return vec2f(dy[at], dy[at + next]);
}

fn wonOf(tileAt: u32, at: u32) -> vec2i {
  if (tilePlaces > 0u) {
    return wonTile[tileAt];
  }
  return vec2i(winner[at], winner[at + next]);
}

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

@compute @workgroup_size(partLanes, groupBlocks)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let index = group.y * groups.x + group.x;
  let slice = index % slices;
  let block = index / slices * groupBlocks + local.y;
  let acrossBlocks = (kernelWidth + tapColumns - 1u) / tapColumns;
  let blocks = (kernelHeight + tapRows - 1u) / tapRows * acrossBlocks;
  let channel = block / blocks;
  let upper = tapRows * (block % blocks / acrossBlocks);
  let left = tapColumns * (block % acrossBlocks);
  let output = group.z * 2u * pairs;
  // Rows and columns of x from one place to the next.
  let factor = select(1u, 2u, pooled);
  // Rows of places, shared among the slices.
  let share = (rows + slices - 1u) / slices;
  let begin = min(slice * share, rows);
  let places = (min(begin + share, rows) - begin) * columns;
  // Turns over the images and places: a workgroup's, and this invocation's, which may have an image less.
  let turns = (lanes + partLanes - 1u) / partLanes * places;
  let end = (lanes - local.x + partLanes - 1u) / partLanes * places;
  let step = select(tilePlaces, turns, tilePlaces == 0u);

  // grid[pair][row][column] of the taps.
  var grid: array<vec2f, pairs * tapRows * tapColumns>;
  var biases: array<vec2f, pairs>;
  for (var start = 0u; start < turns; start += step) {
    if (tilePlaces > 0u) {
      workgroupBarrier();
      for (var t = local.y; t < tilePlaces * pairs; t += groupBlocks) {
        let turn = start + t / pairs;
        let lane = local.x + turn / places * partLanes;
        let at = (output + 2u * (t % pairs)) * next + (begin * columns + turn % places) * lanes + lane;
        dyTile[t * partLanes + local.x] = vec2f(dy[at], dy[at + next]);
        if (pooled) {
          wonTile[t * partLanes + local.x] = vec2i(winner[at], winner[at + next]);
        }
      }
      workgroupBarrier();
    }
    // One loop, not three: a driver that masks its lanes moves every sum at each loop's ends.
    for (var turn = start; turn < min(start + step, end); turn++) {
      let lane = local.x + turn / places * partLanes;
      let place = begin * columns + turn % places;
      let row = place / columns * strideHeight * factor;
      let column = place % columns * strideWidth * factor;
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
        let tileAt = ((turn - start) * pairs + p) * partLanes + local.x;
        let d = dyOf(tileAt, dyAt + 2u * p * next);
        if (pooled) {
          let won = wonOf(tileAt, dyAt + 2u * p * next);
          // The gradient at the place of the window that won; nowhere if ReLU closed it.
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
  }
  if (block >= channels * blocks) {
    return;
  }
  let part = slice * partLanes + local.x;
  let weightTaps = channels * kernelHeight * kernelWidth;
  /* unroll */ for (var p = 0u; p < pairs; p++) {
    if (block == 0u && taps > weightTaps) {
      store(output + 2u * p, weightTaps, part, biases[p]);
    }
    /* unroll */ for (var i = 0u; i < tapRows; i++) {
      /* unroll */ for (var j = 0u; j < tapColumns; j++) {
        let isRow = kernelHeight % tapRows == 0u || upper + i < kernelHeight;
        let isColumn = kernelWidth % tapColumns == 0u || left + j < kernelWidth;
        if (isRow && isColumn) {
          let tap = (channel * kernelHeight + upper + i) * kernelWidth + left + j;
          store(output + 2u * p, tap, part, grid[(p * tapRows + i) * tapColumns + j]);
        }
      }
    }
  }
}
