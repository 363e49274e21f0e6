// Notes the first training step whose loss is not finite, and that loss: NaN before infinity. No step is 0.
fn noteLoss(loss: f32, step: u32) {
  let bits = magnitudeBits(loss);
  if (bits >= 0x7f800000u && step != 0u && atomicMin(&watch[0], step) >= step) {
    atomicMax(&watch[1], bits);
  }
}
