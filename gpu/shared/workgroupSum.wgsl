var<workgroup> sums: array<vec2f, 64>;

// The sum of what the 64 invocations of a workgroup have, two numbers each.
fn workgroupSum(local: u32, own: vec2f) -> vec2f {
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
