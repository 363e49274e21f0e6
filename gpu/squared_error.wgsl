// The weighted squared error of y[k][lane] against its targets: losses[block][lane] = weights[lane] * factor * the sum
// of squared differences over a block of 32 k, and dY = its gradient times `share`. `step`: the training step it is, 0
// for none.
override count: u32;
override outputs: u32;
override lanes: u32;

struct Arguments {
  factor: f32,
  share: f32,
  step: u32,
}

var<storage, read> y: array<f32>;
var<storage, read> targets: array<f32>;
var<storage, read> weights: array<f32>;
var<storage, read_write> dY: array<f32>;
var<storage, read_write> losses: array<f32>;
var<storage, read_write> watch: array<atomic<u32>>;

fn element(index: u32) {
  let block = index / lanes;
  let lane = index % lanes;
  let weight = weights[lane] * arguments.factor;
  var sum = 0.0;
  for (var k = block * 32u; k < min(block * 32u + 32u, outputs); k++) {
    let at = k * lanes + lane;
    let difference = y[at] - targets[at];
    sum += difference * difference;
    dY[at] = 2.0 * weight * arguments.share * difference;
  }
  let loss = weight * sum;
  losses[index] = loss;
  noteLoss(loss, arguments.step);
}
