// Writes the distinct magnitudes (their bits) among `count` parameters from `at` on that the mask keeps to `distinct`,
// in no order; state.candidates = how many there are. Open addressing in a table of `tableSize` words, a power of two
// of at least twice the count: a slot holds the bits plus one, 0 is empty. One workgroup.
struct Arguments {
  at: u32,
  count: u32,
  tableSize: u32,
}

var<storage, read> parameters: array<u32>;
var<storage, read> masks: array<u32>;
var<storage, read_write> table: array<atomic<u32>>;
var<storage, read_write> distinct: array<u32>;
var<storage, read_write> state: array<State>;

var<workgroup> found: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  for (var slot = local; slot < arguments.tableSize; slot += 256u) {
    atomicStore(&table[slot], 0u);
  }
  storageBarrier();
  workgroupBarrier();
  let shift = countLeadingZeros(arguments.tableSize) + 1u;
  for (var i = local; i < arguments.count; i += 256u) {
    if (masks[arguments.at + i] == 0u) {
      continue;
    }
    let bits = parameters[arguments.at + i] & 0x7fffffffu;
    var slot = (bits * 2654435769u) >> shift;
    loop {
      let held = atomicLoad(&table[slot]);
      if (held == bits + 1u) {
        break;
      }
      if (held == 0u) {
        let exchange = atomicCompareExchangeWeak(&table[slot], 0u, bits + 1u);
        if (exchange.exchanged) {
          distinct[atomicAdd(&found, 1u)] = bits;
          break;
        }
        // Another invocation was first, perhaps with this very value, or the exchange failed by chance: look again.
        continue;
      }
      slot = (slot + 1u) & (arguments.tableSize - 1u);
    }
  }
  workgroupBarrier();
  if (local == 0u) {
    state[0].candidates = atomicLoad(&found);
  }
}
