// Mean and variance of x[unit][place][lane] over the places and the first `images` lanes: statistics[unit] and
// statistics[units + unit]. A workgroup does a unit.
override units: u32;
override places: u32;
override lanes: u32;

struct Arguments {
  images: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> statistics: array<f32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

var<workgroup> sums: array<vec2f, 64>;

// The sum of what the invocations of the workgroup have, two numbers each.
fn total(local: u32, own: vec2f) -> vec2f {
  workgroupBarrier();
  sums[local] = own;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) {
      sums[local] += sums[local + half];
    }
    workgroupBarrier();
  }
  return sums[0];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let unit = group.y * 65535u + group.x;
  let images = arguments.images;
  // A workgroup beyond the last unit goes through the barriers, but reads and writes nothing.
  let count = select(0u, places * images, unit < units);
  let first = unit * places * lanes;
  let share = 1.0 / f32(places * images);
  var own = vec2f(0);
  for (var i = local; i < count; i += 64u) {
    own.x += x[first + i / images * lanes + i % images];
  }
  let middle = total(local, own).x * share;
  // The sum of the differences from it would be 0 but for rounding, for which it makes up.
  own = vec2f(0);
  for (var i = local; i < count; i += 64u) {
    let off = x[first + i / images * lanes + i % images] - middle;
    own += vec2f(off, off * off);
  }
  let means = total(local, own) * share;
  if (local == 0u && unit < units) {
    statistics[unit] = middle + means.x;
    statistics[units + unit] = max(means.y - means.x * means.x, 0.0);
  }
}
