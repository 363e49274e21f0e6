/**
 * Magnitudes in order: the largest, the distinct ones, the k-th smallest. The bits of a magnitude, read as an integer,
 * are ordered as the magnitudes are.
 */

function magnitudeBits(value: usize): u32 {
  return load<u32>(value) & 0x7fffffff;
}

/** weight [count]. */
export function maxMagnitude(weight: usize, count: i32): f32 {
  let largest: u32 = 0;
  for (let i = 0; i < count; i++) largest = max(largest, magnitudeBits(weight + (i << 2)));
  return reinterpret<f32>(largest);
}

/** weight [count], mask int32 [count], out [count], table int32 [tableSize]. */
export function distinctMagnitudes(
  weight: usize,
  mask: usize,
  count: i32,
  out: usize,
  table: usize,
  tableSize: i32,
): i32 {
  // Written for every weight, kept for those that live: there is no telling which comes next.
  let end = out;
  for (let i = 0; i < count; i++) {
    store<u32>(end, magnitudeBits(weight + (i << 2)));
    end += load<i32>(mask + (i << 2)) & 4;
  }
  memory.fill(table, 0, tableSize << 2);
  const shift = clz(tableSize) + 1, last = tableSize - 1;
  let found = 0;
  for (let value = out; value < end; value += 4) {
    const bits = load<u32>(value);
    let slot: i32 = (bits * 2654435769) >>> shift;
    // Open addressing: a slot holds the bits plus one, 0 is empty.
    let held = load<u32>(table + (slot << 2));
    while (held != 0 && held != bits + 1) {
      slot = (slot + 1) & last;
      held = load<u32>(table + (slot << 2));
    }
    if (held) continue;
    store<u32>(table + (slot << 2), bits + 1);
    store<u32>(out + (found << 2), bits);
    found++;
  }
  return found;
}

/** The digit of a radix pass in which the k-th value lies; `rank` goes down to its rank within that digit. */
let rank: i32 = 0;

function digitOfRank(histogram: usize): u32 {
  let digit = 0;
  while (rank > load<i32>(histogram + (digit << 2))) {
    rank -= load<i32>(histogram + (digit << 2));
    digit++;
  }
  return digit;
}

/** values [count], histogram int32 [2048]. */
export function kthSmallestMagnitude(values: usize, count: i32, k: i32, histogram: usize): f32 {
  // Three passes over the 31 bits: 11, 10, 10. Each counts the digits of the values that share the digits found so far.
  rank = k;
  let prefix: u32 = 0;
  for (let shift = 20; shift >= 0; shift -= 10) {
    memory.fill(histogram, 0, 2048 << 2);
    const above = shift == 20 ? 31 : shift + 10, digits = shift == 20 ? 2047 : 1023;
    for (let i = 0; i < count; i++) {
      const bits = magnitudeBits(values + (i << 2));
      if (bits >>> above != prefix >>> above) continue;
      const slot = histogram + (((bits >>> shift) & digits) << 2);
      store<i32>(slot, load<i32>(slot) + 1);
    }
    prefix |= digitOfRank(histogram) << shift;
  }
  return reinterpret<f32>(prefix);
}
