// state.suppressed = how many of `count` weights from `at` on are suppressed. One workgroup.
struct Arguments {
  at: u32,
  count: u32,
}

var<storage, read> masks: array<u32>;
var<storage, read_write> state: array<State>;

var<workgroup> total: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  var suppressed = 0u;
  for (var i = local; i < arguments.count; i += 256u) {
    suppressed += select(1u, 0u, masks[arguments.at + i] != 0u);
  }
  atomicAdd(&total, suppressed);
  workgroupBarrier();
  if (local == 0u) {
    state[0].suppressed = atomicLoad(&total);
  }
}
