/** Suppression by unit. Sums are float64: which unit is the least important must not depend on their rounding. */

/** In place of a silent unit's importance. */
const SILENT: f64 = -1;

/** Whether the masks keep nothing of `[units][taps]` and `[units]` for a unit. */
function isSilent(weightMask: usize, biasMask: usize, unit: i32, taps: i32): bool {
  if (biasMask && load<i32>(biasMask + (<usize> unit << 2))) return false;
  let at = weightMask + (<usize> (unit * taps) << 2);
  for (const end = at + (<usize> taps << 2); at < end; at += 4) if (load<i32>(at)) return false;
  return true;
}

/** weightMask int32 [units][taps], biasMask int32 [units] or 0. */
export function silentUnits(weightMask: usize, biasMask: usize, units: i32, taps: i32): i32 {
  let silent = 0;
  for (let unit = 0; unit < units; unit++) silent += i32(isSilent(weightMask, biasMask, unit, taps));
  return silent;
}

/** `total` and the squares of `count` floats, added in turn. */
function addSquares(values: usize, count: i32, total: f64): f64 {
  for (const end = values + (<usize> count << 2); values < end; values += 4) {
    const value: f64 = load<f32>(values);
    total += value * value;
  }
  return total;
}

/**
 * weight and weightMask (int32) [units][taps], bias and biasMask (int32) [units] or 0, reader and readerMask (int32)
 * [rows][units][columns]; scratch float64 [units].
 */
export function suppressUnits(
  weight: usize,
  bias: usize,
  reader: usize,
  weightMask: usize,
  biasMask: usize,
  readerMask: usize,
  scratch: usize,
  units: i32,
  taps: i32,
  rows: i32,
  columns: i32,
  importance: i32,
  target: i32,
): i32 {
  let silent = silentUnits(weightMask, biasMask, units, taps);
  if (silent >= target) return silent;
  const row: usize = units * columns << 2, tapBytes: usize = taps << 2, columnBytes: usize = columns << 2;
  for (let unit = 0; unit < units; unit++) {
    let value = SILENT;
    if (!isSilent(weightMask, biasMask, unit, taps)) {
      const incoming = addSquares(weight + unit * tapBytes, taps, bias ? addSquares(bias + (unit << 2), 1, 0) : 0);
      let outgoing: f64 = 0, at = reader + unit * columnBytes;
      for (let i = 0; i < rows; i++, at += row) outgoing = addSquares(at, columns, outgoing);
      value = importance == 1 ? 1 : sqrt(outgoing);
      if (importance != 2) value *= sqrt(incoming);
      // What is no number is as important as can be.
      if (value != value) value = Infinity;
    }
    store<f64>(scratch + (unit << 3), value);
  }
  for (; silent < target; silent++) {
    let chosen: usize = 0, least: f64 = 0;
    for (let at = scratch; at < scratch + (units << 3); at += 8) {
      const value = load<f64>(at);
      if (value == SILENT || (chosen && value >= least)) continue;
      chosen = at;
      least = value;
    }
    store<f64>(chosen, SILENT);
  }
  for (let unit = 0; unit < units; unit++) {
    if (load<f64>(scratch + (unit << 3)) != SILENT) continue;
    memory.fill(weightMask + unit * tapBytes, 0, tapBytes);
    if (biasMask) store<i32>(biasMask + (unit << 2), 0);
    let at = readerMask + unit * columnBytes;
    for (let i = 0; i < rows; i++, at += row) memory.fill(at, 0, columnBytes);
  }
  return silent;
}
