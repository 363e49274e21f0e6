// The gradient before a rounding to levels from that behind it: 0 where x was cut to the bounds.
override count: u32;

struct Arguments {
  bound: f32,
}

var<storage, read> x: array<f32>;
var<storage, read> dy: array<f32>;
var<storage, read_write> dx: array<f32>;

fn element(index: u32) {
  dx[index] = select(0.0, dy[index], x[index] >= 0.0 && x[index] <= arguments.bound);
}
