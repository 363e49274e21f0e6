// y[channel][row][column][lane] = the maximum over each window; winner = its place in the window, row by row: of equals
// the first. NaN stays: a maximum passes over none. Or the mean, without a winner.
override count: u32;
override height: u32;
override width: u32;
override rows: u32;
override columns: u32;
override windowHeight: u32;
override windowWidth: u32;
override strideHeight: u32;
override strideWidth: u32;
override lanes: u32;
override average: bool;

var<storage, read> x: array<f32>;
var<storage, read_write> y: array<f32>;
var<storage, read_write> winner: array<i32>;

fn element(index: u32) {
  let place = index / lanes;
  let channel = place / (rows * columns);
  let top = place / columns % rows * strideHeight;
  let left = place % columns * strideWidth;
  let start = ((channel * height + top) * width + left) * lanes + index % lanes;
  var sum = 0.0;
  var most = x[start];
  var won = 0u;
  for (var i = 0u; i < windowHeight; i++) {
    for (var j = 0u; j < windowWidth; j++) {
      let value = x[start + (i * width + j) * lanes];
      sum += value;
      if (!isNan(most) && (value > most || isNan(value))) {
        most = value;
        won = i * windowWidth + j;
      }
    }
  }
  if (average) {
    y[index] = sum / f32(windowHeight * windowWidth);
  } else {
    y[index] = most;
    winner[index] = i32(won);
  }
}
