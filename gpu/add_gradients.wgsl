// sums += gradients, of all parameters, or of an activation that is read twice.
override count: u32;

var<storage, read_write> sums: array<f32>;
var<storage, read> gradients: array<f32>;

fn element(index: u32) {
  sums[index] += gradients[index];
}
