// Sets x[channel][row][column][lane] into a larger y of zeros, rows and columns apart by the strides: padding of an
// input (strides 1), or an output gradient as the input gradient's convolution wants it. The zeros around and between
// are never written. Where `pooled`, x is the gradient of a 2x2 max-pool behind those outputs: it is set at the winner,
// and 0 at the other three places.
override count: u32;
override height: u32;
override width: u32;
override lanes: u32;
override tall: u32;
override wide: u32;
override strideHeight: u32;
override strideWidth: u32;
override top: i32;
override left: i32;
override pooled: bool;

var<storage, read> x: array<f32>;
var<storage, read> winner: array<i32>;
var<storage, read_write> y: array<f32>;

fn put(channel: u32, row: i32, column: i32, lane: u32, value: f32) {
  if (row >= 0 && row < i32(tall) && column >= 0 && column < i32(wide)) {
    y[((channel * tall + u32(row)) * wide + u32(column)) * lanes + lane] = value;
  }
}

fn element(index: u32) {
  let place = index / lanes;
  let lane = index % lanes;
  let channel = place / (height * width);
  let row = i32(place / width % height * strideHeight) + top;
  let column = i32(place % width * strideWidth) + left;
  let value = x[index];
  if (pooled) {
    let won = winner[index];
    /* unroll */ for (var place = 0u; place < 4u; place++) {
      let here = i32(place);
      put(channel, row + here / 2, column + here % 2, lane, select(0.0, value, won == here));
    }
  } else {
    put(channel, row, column, lane, value);
  }
}
