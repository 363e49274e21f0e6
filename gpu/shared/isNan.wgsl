fn isNan(value: f32) -> bool {
  return magnitudeBits(value) > 0x7f800000u;
}
