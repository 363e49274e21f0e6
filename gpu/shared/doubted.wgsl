// NaN where the measure is NaN or infinite, else the value: a step along such a gradient must not pass for one that
// stayed.
fn doubted(value: f32, measure: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(value) | select(0x7fc00000u, 0u, magnitudeBits(measure) < 0x7f800000u));
}
