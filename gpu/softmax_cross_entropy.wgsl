// losses[lane] = softmax cross entropy of logits[class][lane] at the lane's label, and in dLogits the gradient of the
// mean over the first `images` lanes. 0 in the others. `mode`: 0 sets the losses, 1 adds to them, 2 leaves them.
// `step`: the training step it is, 0 for none.
override classes: u32;
override lanes: u32;
override withGradient: bool;

struct Arguments {
  images: u32,
  mode: u32,
  step: u32,
}

var<storage, read> logits: array<f32>;
var<storage, read> labels: array<u32>;
var<storage, read_write> dLogits: array<f32>;
var<storage, read_write> losses: array<f32>;
var<storage, read_write> watch: array<atomic<u32>>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = group.x * 8u + local;
  if (lane >= lanes) {
    return;
  }
  if (lane >= arguments.images) {
    if (arguments.mode == 0u) {
      losses[lane] = 0.0;
    }
    if (withGradient) {
      for (var c = 0u; c < classes; c++) {
        dLogits[c * lanes + lane] = 0.0;
      }
    }
    return;
  }
  // The maximum is taken out first, so that no exponential overflows.
  var largest = logits[lane];
  for (var c = 1u; c < classes; c++) {
    largest = max(largest, logits[c * lanes + lane]);
  }
  var sum = 0.0;
  for (var c = 0u; c < classes; c++) {
    sum += exp(logits[c * lanes + lane] - largest);
  }
  let label = labels[lane];
  let loss = log(sum) - (logits[label * lanes + lane] - largest);
  if (arguments.mode == 0u) {
    losses[lane] = loss;
  } else if (arguments.mode == 1u) {
    losses[lane] += loss;
  }
  noteLoss(loss, arguments.step);
  if (withGradient) {
    for (var c = 0u; c < classes; c++) {
      let probability = exp(logits[c * lanes + lane] - largest) / sum;
      dLogits[c * lanes + lane] = (probability - select(0.0, 1.0, c == label)) / f32(arguments.images);
    }
  }
}
