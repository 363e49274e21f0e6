// state.suppressed = how many of `count` weights from `at` on are suppressed. One workgroup.
struct Arguments {
  at: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read> masks: array<u32>;
@group(0) @binding(1) var<storage, read_write> state: State;
@group(1) @binding(0) var<uniform> arguments: Arguments;

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
    state.suppressed = atomicLoad(&total);
  }
}
