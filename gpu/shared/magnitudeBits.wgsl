// The bits of |value|: in the order of the numbers, infinity (0x7f800000) behind all finite ones and NaN behind it. A
// compiler may take it that floats are finite, so that comparisons of NaN are nothing to rely on.
fn magnitudeBits(value: f32) -> u32 {
  return bitcast<u32>(value) & 0x7fffffffu;
}
