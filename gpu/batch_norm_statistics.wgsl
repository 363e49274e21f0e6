// Mean and variance of x[unit][place][lane] over the places and the first `images` lanes: statistics[unit] and
// statistics[units + unit]. A workgroup does a unit.
override units: u32;
override places: u32;
override lanes: u32;

struct Arguments {
  images: u32,
}

var<storage, read> x: array<f32>;
var<storage, read_write> statistics: array<f32>;

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
  let middle = workgroupSum(local, own).x * share;
  // The sum of the differences from it would be 0 but for rounding, for which it makes up.
  own = vec2f(0);
  for (var i = local; i < count; i += 64u) {
    let off = x[first + i / images * lanes + i % images] - middle;
    own += vec2f(off, off * off);
  }
  let means = workgroupSum(local, own) * share;
  if (local == 0u && unit < units) {
    statistics[unit] = middle + means.x;
    statistics[units + unit] = max(means.y - means.x * means.x, 0.0);
  }
}
