// y = floor(min(max(x, 0), bound) * scale + 0.5) * step, element for element.
override count: u32;

struct Arguments {
  bound: f32,
  scale: f32,
  step: f32,
}

var<storage, read> x: array<f32>;
var<storage, read_write> y: array<f32>;

fn element(index: u32) {
  let rounded = floor(clamp(x[index], 0.0, arguments.bound) * arguments.scale + 0.5) * arguments.step;
  // NaN stays.
  y[index] = select(rounded, x[index], isNan(x[index]));
}
