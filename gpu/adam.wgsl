// Adam: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= rate * ((m * scale1) / (sqrt(v * scale2) +
// epsilon) + deWeight). A mask is 1 where the weight is kept, 0 where it is suppressed; a suppressed weight becomes
// exactly 0. Nothing changes once watch[0] names a step whose loss was not finite. Where `pixels`, there are no masks,
// deWeights and watch, and what is moved is clipped to low..high.
override count: u32;
override pixels: bool;

struct Arguments {
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  scale1: f32,
  scale2: f32,
  low: f32,
  high: f32,
}

var<storage, read_write> values: array<f32>;
var<storage, read> gradients: array<f32>;
var<storage, read> masks: array<u32>;
var<storage, read> deWeights: array<f32>;
var<storage, read_write> means: array<f32>;
var<storage, read_write> squares: array<f32>;
var<storage, read> watch: array<u32>;

fn element(index: u32) {
  if (!pixels && watch[0] != 0xffffffffu) {
    return;
  }
  let gradient = gradients[index];
  let mean = arguments.beta1 * means[index] + (1.0 - arguments.beta1) * gradient;
  let square = arguments.beta2 * squares[index] + (1.0 - arguments.beta2) * gradient * gradient;
  means[index] = mean;
  squares[index] = square;
  let deviation = sqrt(square * arguments.scale2) + arguments.epsilon;
  // A NaN that is there already stays as well.
  let before = values[index];
  if (pixels) {
    let moved = clamp(before - arguments.rate * (mean * arguments.scale1) / deviation, arguments.low, arguments.high);
    values[index] = doubted(doubted(moved, square), before);
  } else {
    let along = (mean * arguments.scale1) / deviation + deWeights[index];
    values[index] = select(0.0, doubted(before - arguments.rate * along, square), masks[index] != 0u);
  }
}
