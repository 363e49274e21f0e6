// Silences the least important units, of equals the first, until `wanted` are silent: of every silent unit the masks
// keep neither what makes it, weight [units][taps] and bias [units], nor what reads it, reader [rows][units][columns].
// Nothing is written if so many are silent already. state.suppressed = how many units are silent. `importances` are as
// unit_importances gives them, and behind them is room for a word a unit: whether it is silent now. One workgroup.
struct Arguments {
  weightAt: u32,
  biasAt: u32,
  readerAt: u32,
  withBias: u32,
  units: u32,
  taps: u32,
  rows: u32,
  columns: u32,
  wanted: u32,
}

@group(0) @binding(0) var<storage, read_write> masks: array<u32>;
@group(0) @binding(1) var<storage, read_write> importances: array<u32>;
@group(0) @binding(2) var<storage, read_write> state: State;
@group(1) @binding(0) var<uniform> arguments: Arguments;

const silent = 0xffffffffu;

var<workgroup> count: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  let units = arguments.units;
  for (var unit = local; unit < units; unit += 256u) {
    if (importances[unit] == silent) {
      atomicAdd(&count, 1u);
    }
  }
  workgroupBarrier();
  let before = atomicLoad(&count);
  let more = arguments.wanted - min(arguments.wanted, before);
  for (var unit = local; unit < units; unit += 256u) {
    let own = importances[unit];
    // How many living units are to fall silent before this one.
    var rank = 0u;
    for (var other = 0u; other < units && own != silent; other++) {
      let theirs = importances[other];
      rank += select(0u, 1u, theirs < own || (theirs == own && other < unit));
    }
    importances[units + unit] = select(0u, 1u, more > 0u && (own == silent || rank < more));
  }
  storageBarrier();
  workgroupBarrier();
  for (var i = local; i < units * arguments.taps; i += 256u) {
    if (importances[units + i / arguments.taps] != 0u) {
      masks[arguments.weightAt + i] = 0u;
    }
  }
  for (var unit = local; unit < units * arguments.withBias; unit += 256u) {
    if (importances[units + unit] != 0u) {
      masks[arguments.biasAt + unit] = 0u;
    }
  }
  for (var i = local; i < arguments.rows * units * arguments.columns; i += 256u) {
    if (importances[units + (i / arguments.columns) % units] != 0u) {
      masks[arguments.readerAt + i] = 0u;
    }
  }
  if (local == 0u) {
    state.suppressed = before + more;
  }
}
