// Suppressed weights become exactly 0.
override count: u32;

var<storage, read_write> parameters: array<f32>;
var<storage, read> masks: array<u32>;

fn element(index: u32) {
  if (masks[index] == 0u) {
    parameters[index] = 0.0;
  }
}
