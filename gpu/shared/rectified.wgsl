// max(value, 0); NaN stays.
fn rectified(value: f32) -> f32 {
  return select(max(value, 0.0), value, isNan(value));
}
