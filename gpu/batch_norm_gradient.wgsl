// dx[unit][place][lane] from dy. Where mean and variance are those of the first `images` lanes, they move with x, as
// the gradients of weight and bias tell, and other lanes get 0. With `images` 0 they are the running ones, and
// constant.
override count: u32;
override units: u32;
override size: u32;
override places: u32;
override lanes: u32;
override weightAt: u32;
override biasAt: u32;
override meanAt: u32;
override varianceAt: u32;

struct Arguments {
  images: u32,
  epsilon: f32,
}

var<storage, read> x: array<f32>;
var<storage, read> parameters: array<f32>;
var<storage, read> statistics: array<f32>;
var<storage, read> dy: array<f32>;
var<storage, read> gradients: array<f32>;
var<storage, read_write> dx: array<f32>;

fn element(index: u32) {
  let unit = index / size;
  let weight = parameters[weightAt + unit];
  if (arguments.images == 0u) {
    dx[index] = dy[index] * (weight / sqrt(parameters[varianceAt + unit] + arguments.epsilon));
  } else if (index % lanes < arguments.images) {
    let over = 1.0 / sqrt(statistics[units + unit] + arguments.epsilon);
    let normal = (x[index] - statistics[unit]) * over;
    let moved = (gradients[biasAt + unit] + normal * gradients[weightAt + unit]) / f32(places * arguments.images);
    dx[index] = weight * over * (dy[index] - moved);
  } else {
    dx[index] = 0.0;
  }
}
