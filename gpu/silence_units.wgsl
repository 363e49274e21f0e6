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

var<storage, read_write> masks: array<u32>;
var<storage, read_write> importances: array<u32>;
var<storage, read_write> state: array<State>;

const silent = 0xffffffffu;

var<workgroup> count: atomic<u32>;

// Masks [rows][units][columns] from `at` on.
fn silence(first: u32, at: u32, rows: u32, columns: u32) {
  let units = arguments.units;
  for (var i = first; i < rows * units * columns; i += 256u) {
    if (importances[units + i / columns % units] != 0u) {
      masks[at + i] = 0u;
    }
  }
}

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
  silence(local, arguments.weightAt, 1u, arguments.taps);
  silence(local, arguments.biasAt, arguments.withBias, 1u);
  silence(local, arguments.readerAt, arguments.rows, arguments.columns);
  if (local == 0u) {
    state[0].suppressed = before + more;
  }
}
