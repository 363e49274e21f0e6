// Adds to dx the gradient of vertical * (the sum of squared differences of vertical neighbours) + horizontal * (of
// horizontal neighbours) + square * (the sum of squares) over the images x[channel][row][column][lane]; losses[lossesAt
// + channel and row][lane] = what a row adds to that. An invocation has a row of an image.
override count: u32;
override height: u32;
override width: u32;
override lanes: u32;
override lossesAt: u32;

struct Arguments {
  vertical: f32,
  horizontal: f32,
  square: f32,
}

var<storage, read> x: array<f32>;
var<storage, read_write> dx: array<f32>;
var<storage, read_write> losses: array<f32>;

fn element(index: u32) {
  let line = index / lanes;
  let row = line % height;
  var at = line * width * lanes + index % lanes;
  var before = 0.0;
  var loss = 0.0;
  for (var column = 0u; column < width; column++) {
    let here = x[at];
    loss += arguments.square * here * here;
    var gradient = arguments.square * here;
    if (row > 0u) {
      gradient += arguments.vertical * (here - x[at - width * lanes]);
    }
    if (row + 1u < height) {
      let difference = here - x[at + width * lanes];
      loss += arguments.vertical * difference * difference;
      gradient += arguments.vertical * difference;
    }
    if (column > 0u) {
      let difference = here - before;
      loss += arguments.horizontal * difference * difference;
      gradient += arguments.horizontal * difference;
    }
    if (column + 1u < width) {
      gradient += arguments.horizontal * (here - x[at + lanes]);
    }
    dx[at] += 2.0 * gradient;
    before = here;
    at += lanes;
  }
  losses[lossesAt + index] = loss;
}
