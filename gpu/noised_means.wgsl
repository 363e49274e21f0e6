// gradients = (sums + noise) * share over all parameters, and sums = 0.
override count: u32;

struct Arguments {
  share: f32,
}

var<storage, read_write> sums: array<f32>;
var<storage, read> noise: array<f32>;
var<storage, read_write> gradients: array<f32>;

fn element(index: u32) {
  gradients[index] = (sums[index] + noise[index]) * arguments.share;
  sums[index] = 0.0;
}
