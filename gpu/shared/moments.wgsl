// Mean and variance of a unit: those of the batch in training, else the running ones among the parameters.
fn moments(unit: u32) -> vec2f {
  if (arguments.training != 0u) {
    return vec2f(statistics[unit], statistics[units + unit]);
  }
  return vec2f(parameters[meanAt + unit], parameters[varianceAt + unit]);
}
