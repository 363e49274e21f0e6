// The approximate path of a suppress operation: mask = |weight| > state.threshold, deWeight = weight / rate where
// masked, else 0; state.suppressed = the number masked. Nothing where state.done is 0, or the threshold is 0 and this
// is not the layer's first operation: then state.done = 0. One workgroup.
struct Arguments {
  at: u32,
  count: u32,
  first: u32,
  rate: f32,
}

var<storage, read> parameters: array<f32>;
var<storage, read_write> masks: array<u32>;
var<storage, read_write> deWeights: array<f32>;
var<storage, read_write> state: array<State>;

var<workgroup> total: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  let threshold = state[0].threshold;
  let wanted = state[0].done != 0u && (threshold > 0u || arguments.first != 0u);
  var suppressed = 0u;
  for (var i = local; i < arguments.count && wanted; i += 256u) {
    let at = arguments.at + i;
    let weight = parameters[at];
    let masked = magnitudeBits(weight) <= threshold;
    masks[at] = select(1u, 0u, masked);
    deWeights[at] = select(0.0, weight / arguments.rate, masked);
    suppressed += select(0u, 1u, masked);
  }
  atomicAdd(&total, suppressed);
  workgroupBarrier();
  if (local == 0u) {
    state[0].suppressed = atomicLoad(&total);
    state[0].done = select(0u, 1u, wanted);
  }
}
