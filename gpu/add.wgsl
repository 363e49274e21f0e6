// y = a + b, element for element; or y = a, where no sum is wanted.
override count: u32;
override sums: bool;

var<storage, read> a: array<f32>;
var<storage, read> b: array<f32>;
var<storage, read_write> y: array<f32>;

fn element(index: u32) {
  var value = a[index];
  if (sums) {
    value += b[index];
  }
  y[index] = value;
}
