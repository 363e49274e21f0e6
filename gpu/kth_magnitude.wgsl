// state.threshold = the bits of the k-th smallest magnitude among the candidates: `count` values from `at` on, or
// state.candidates of them if count is 0. Where `ranked`, k is at most candidates - 1, and 0 means that there is none:
// state.done = 0. Three histogram passes over the 31 bits: 11, 10, 10. One workgroup.
struct Arguments {
  at: u32,
  count: u32,
  k: u32,
  ranked: u32,
}

var<storage, read> values: array<u32>;
var<storage, read_write> state: array<State>;

var<workgroup> histogram: array<atomic<u32>, 2048>;
// Sums of the 8 digits of each invocation, then of those before them.
var<workgroup> sums: array<u32, 256>;
var<workgroup> prefix: u32;
var<workgroup> rank: u32;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  var count = arguments.count;
  if (count == 0u) {
    count = state[0].candidates;
  }
  var k = arguments.k;
  if (arguments.ranked != 0u) {
    k = min(k, max(count, 1u) - 1u);
  }
  if (local == 0u) {
    prefix = 0u;
    rank = k;
  }
  for (var turn = 0u; turn < 3u; turn++) {
    let shift = 20u - 10u * turn;
    let above = select(shift + 10u, 31u, turn == 0u);
    let digits = select(1023u, 2047u, turn == 0u);
    for (var digit = local; digit < 2048u; digit += 256u) {
      atomicStore(&histogram[digit], 0u);
    }
    workgroupBarrier();
    let found = prefix;
    for (var i = local; i < count; i += 256u) {
      let bits = values[arguments.at + i] & 0x7fffffffu;
      if ((bits >> above) == (found >> above)) {
        atomicAdd(&histogram[(bits >> shift) & digits], 1u);
      }
    }
    workgroupBarrier();
    var sum = 0u;
    for (var digit = 0u; digit < 8u; digit++) {
      sum += atomicLoad(&histogram[8u * local + digit]);
    }
    sums[local] = sum;
    workgroupBarrier();
    if (local == 0u) {
      var left = rank;
      var eight = 0u;
      while (eight < 255u && left > sums[eight]) {
        left -= sums[eight];
        eight++;
      }
      var digit = 8u * eight;
      while (digit < 8u * eight + 7u && left > atomicLoad(&histogram[digit])) {
        left -= atomicLoad(&histogram[digit]);
        digit++;
      }
      rank = left;
      prefix = found | (digit << shift);
    }
    workgroupBarrier();
  }
  if (local == 0u) {
    state[0].threshold = prefix;
    state[0].done = select(0u, 1u, k > 0u);
  }
}
