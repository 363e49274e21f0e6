// The gradient before an elementwise function of the input x from that behind it, in place. Where a function's slope is
// told by its output y, x may be y too.
override count: u32;
override kind: u32;

const relu = 0u;
const sigmoid = 1u;
const gelu = 2u;

var<storage, read> x: array<f32>;
var<storage, read> y: array<f32>;
var<storage, read_write> gradient: array<f32>;

fn element(index: u32) {
  if (kind == relu) {
    // 0 where the output is.
    if (y[index] <= 0.0) {
      gradient[index] = 0.0;
    }
  } else if (kind == sigmoid) {
    gradient[index] *= y[index] * (1.0 - y[index]);
  } else if (kind == gelu) {
    // Phi(x) + x Phi'(x). Phi(x) is y / x, and next to 0 what its tangent says.
    let value = x[index];
    let below = select(y[index] / value, 0.5 + 0.39894228 * value, abs(value) < 0.001);
    let inside = clamp(value, -13.0, 13.0);
    gradient[index] *= below + inside * 0.39894228 * exp(-0.5 * inside * inside);
  }
}
