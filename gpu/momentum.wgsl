// Gradient descent with momentum on all parameters: v = momentum v + gradient, w -= rate * (v + deWeight).
// A mask is 1 where the weight is kept, 0 where it is suppressed; a suppressed weight becomes exactly 0.
// Nothing changes once watch[0] names a step whose loss was not finite.
override count: u32;

struct Arguments {
  rate: f32,
  momentum: f32,
}

var<storage, read_write> parameters: array<f32>;
var<storage, read> gradients: array<f32>;
var<storage, read> masks: array<u32>;
var<storage, read> deWeights: array<f32>;
var<storage, read_write> velocities: array<f32>;
var<storage, read> watch: array<u32>;

fn element(index: u32) {
  if (watch[0] != 0xffffffffu) {
    return;
  }
  let kept = masks[index] != 0u;
  let velocity = select(0.0, arguments.momentum * velocities[index] + gradients[index], kept);
  velocities[index] = velocity;
  let moved = parameters[index] - arguments.rate * (velocity + deWeights[index]);
  parameters[index] = select(0.0, moved, kept);
}
