// y = x times `scale` where word 0 of Threefry (key0, key1)(element, first + image) is at least `threshold`; else 0.
// The same with gradients in their places is the way back. x and y are [elements][lanes].
override count: u32;
override lanes: u32;

struct Arguments {
  key0: u32,
  key1: u32,
  first: u32,
  threshold: u32,
  scale: f32,
}

var<storage, read> x: array<f32>;
var<storage, read_write> y: array<f32>;

fn element(index: u32) {
  let word = threefry(arguments.key0, arguments.key1, index / lanes, arguments.first + index % lanes);
  y[index] = select(0.0, x[index] * arguments.scale, word >= arguments.threshold);
}
