var<workgroup> sums: array<vec2f, 64>;

// The sum of what the 64 invocations of a workgroup have, two numbers each.
fn workgroupSum(place: u32, own: vec2f) -> vec2f {
  workgroupBarrier();
  sums[place] = own;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (place < half) {
      sums[place] += sums[place + half];
    }
    workgroupBarrier();
  }
  return sums[0];
}
