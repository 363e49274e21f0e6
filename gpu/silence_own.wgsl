// Of every silent unit the masks keep nothing of what a layer behind has of its own for it: mask [units][own] from `at`
// on. `importances` are as silence_units leaves them.
override count: u32;
override at: u32;
override units: u32;

var<storage, read_write> masks: array<u32>;
var<storage, read> importances: array<u32>;

fn element(index: u32) {
  if (importances[units + index / (count / units)] != 0u) {
    masks[at + index] = 0u;
  }
}
