// Gradient descent on all parameters: w -= rate * (gradient + deWeight).
// A mask is 1 where the weight is kept, 0 where it is suppressed; a suppressed weight becomes exactly 0.
// Nothing changes once watch[0] names a step whose loss was not finite.
override count: u32;

struct Arguments {
  rate: f32,
}

var<storage, read_write> parameters: array<f32>;
var<storage, read> gradients: array<f32>;
var<storage, read> masks: array<u32>;
var<storage, read> deWeights: array<f32>;
var<storage, read> watch: array<u32>;

fn element(index: u32) {
  if (watch[0] == 0xffffffffu) {
    let moved = parameters[index] - arguments.rate * (gradients[index] + deWeights[index]);
    parameters[index] = select(0.0, moved, masks[index] != 0u);
  }
}
