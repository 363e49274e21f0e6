// state.largest = the bits of the largest magnitude among `count` parameters from `at` on. One workgroup.
struct Arguments {
  at: u32,
  count: u32,
}

struct State {
  largest: u32,
  candidates: u32,
  threshold: u32,
  suppressed: u32,
  done: u32,
}

@group(0) @binding(0) var<storage, read> parameters: array<u32>;
@group(0) @binding(1) var<storage, read_write> state: State;
@group(1) @binding(0) var<uniform> arguments: Arguments;

var<workgroup> largest: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  // The bits of a magnitude, read as an integer, are ordered as the magnitudes are.
  var most = 0u;
  for (var i = local; i < arguments.count; i += 256u) {
    most = max(most, parameters[arguments.at + i] & 0x7fffffffu);
  }
  atomicMax(&largest, most);
  workgroupBarrier();
  if (local == 0u) {
    state.largest = atomicLoad(&largest);
  }
}
