// x = clip(x - rate * sign(dx), low, high), element for element; sign(0) = 0.
override count: u32;

struct Arguments {
  rate: f32,
  low: f32,
  high: f32,
}

var<storage, read_write> x: array<f32>;
var<storage, read> dx: array<f32>;

fn element(index: u32) {
  // A NaN that is there already stays as well.
  let before = x[index];
  let moved = clamp(before - arguments.rate * sign(dx[index]), arguments.low, arguments.high);
  x[index] = doubted(doubted(moved, dx[index]), before);
}
