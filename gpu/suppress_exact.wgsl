// The exact path of a suppress operation (step 4 of MindArmour's suppress privacy): mask and deWeight of `count`
// weights from `at` on are rewritten, state.suppressed = the number suppressed. The walk in index order suppresses
// weights up to the threshold while fewer than `limit` are: those with fewer than `limit` candidates (masked already,
// or up to the threshold) before them. Noise for weight i is uniform(-0.1, 0.1) from word 0 of draw i of stream (seed,
// stream). One workgroup, an invocation a run of weights.
struct Arguments {
  at: u32,
  count: u32,
  limit: i32,
  rate: f32,
  lowerClip: u32,
  addNoise: u32,
  upperBound: f32,
  seed: u32,
  stream: u32,
}

var<storage, read> parameters: array<f32>;
var<storage, read_write> masks: array<u32>;
var<storage, read_write> deWeights: array<f32>;
var<storage, read_write> state: array<State>;

const weightLowerBound = 0.005f;
const noiseBound = 0.5f;

var<workgroup> counts: array<i32, 256>;
var<workgroup> total: atomic<u32>;

// What carries a weight from where it is to the same side of 0 at the bound.
fn pull(weight: f32, bound: f32) -> f32 {
  return weight - select(-bound, bound, weight > 0.0);
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  let threshold = state[0].threshold;
  let bound = bitcast<f32>(threshold);
  let share = (arguments.count + 255u) / 256u;
  let begin = min(local * share, arguments.count);
  let to = min(begin + share, arguments.count);
  var candidates = 0;
  for (var i = begin; i < to; i++) {
    let at = arguments.at + i;
    candidates += select(0, 1, masks[at] == 0u || magnitudeBits(parameters[at]) <= threshold);
  }
  counts[local] = candidates;
  workgroupBarrier();
  var before = 0;
  for (var i = 0u; i < local; i++) {
    before += counts[i];
  }
  var suppressed = 0u;
  for (var i = begin; i < to; i++) {
    let at = arguments.at + i;
    let weight = parameters[at];
    let magnitude = abs(weight);
    let small = magnitudeBits(weight) <= threshold;
    var kept = masks[at] != 0u;
    var change = 0.0;
    if (kept && small && before < arguments.limit) {
      before++;
      kept = false;
    } else if (!kept) {
      before++;
    } else if (small) {
      before++;
      change = pull(weight, min(weightLowerBound, bound));
    } else if (arguments.lowerClip != 0u && magnitude <= weightLowerBound && bound > weightLowerBound * 0.5) {
      change = pull(weight, weightLowerBound);
    } else if (magnitude > arguments.upperBound) {
      change = pull(weight, arguments.upperBound);
    } else if (arguments.addNoise != 0u && magnitude > noiseBound) {
      change = -0.1 + 0.2 * (f32(threefry(arguments.seed, arguments.stream, i, 0u)) / 4294967296.0);
    }
    if (!kept) {
      change = weight;
      suppressed++;
    }
    masks[at] = select(0u, 1u, kept);
    deWeights[at] = change / arguments.rate;
  }
  atomicAdd(&total, suppressed);
  workgroupBarrier();
  if (local == 0u) {
    state[0].suppressed = atomicLoad(&total);
  }
}
