// y = f(x), element for element. `kind` says which function; the numbers are those of FUNCTIONS in
// src/engine/webgpu/site.ts.
override count: u32;
override kind: u32;

const relu = 0u;
const sigmoid = 1u;
const gelu = 2u;

var<storage, read> x: array<f32>;
var<storage, read_write> y: array<f32>;

// Phi(value), the share of the standard normal distribution below it: within 1.2e-7, relative, of its complementary
// error function where that is computed exactly.
// Source: Press et al., "Numerical Recipes in C", 2nd edition, 1992, 6.2.
fn distribution(value: f32) -> f32 {
  let z = abs(value) * 0.70710678;
  let t = 1.0 / (1.0 + 0.5 * z);
  var p = -0.82215223 + t * 0.17087277;
  p = -1.13520398 + t * (1.48851587 + t * p);
  p = -0.18628806 + t * (0.27886807 + t * p);
  p = 0.37409196 + t * (0.09678418 + t * p);
  p = -1.26551223 + t * (1.00002368 + t * p);
  // Beyond z^2 = 88 there is nothing left.
  let tail = select(0.5 * t * exp(p - z * z), 0.0, z > 9.38);
  return select(tail, 1.0 - tail, value > 0.0);
}

fn element(index: u32) {
  if (kind == relu) {
    y[index] = rectified(x[index]);
  } else if (kind == sigmoid) {
    // 1 / (1 + e^-x). Where e^-x would overflow, e^x is used: the quotient stays defined.
    let power = exp(-abs(x[index]));
    y[index] = select(power, 1.0, x[index] >= 0.0) / (1.0 + power);
  } else if (kind == gelu) {
    y[index] = x[index] * distribution(x[index]);
  }
}
