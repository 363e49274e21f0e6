// The gradient before a rounding to levels from that behind it: 0 where x was cut to the bounds.
override count: u32;

struct Arguments {
  bound: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

fn element(index: u32) {
  dx[index] = select(0.0, dy[index], x[index] >= 0.0 && x[index] <= arguments.bound);
}
