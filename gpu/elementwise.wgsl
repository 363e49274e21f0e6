// y = f(x), element for element. `kind` says which function; the numbers are those of FUNCTIONS in
// src/engine/webgpu/site.ts.
override count: u32;
override kind: u32;

const relu = 0u;
const sigmoid = 1u;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

fn element(index: u32) {
  if (kind == relu) {
    // NaN stays.
    y[index] = select(max(x[index], 0.0), x[index], isNan(x[index]));
  } else if (kind == sigmoid) {
    // 1 / (1 + e^-x). Where e^-x would overflow, e^x is used: the quotient stays defined.
    let power = exp(-abs(x[index]));
    y[index] = select(power, 1.0, x[index] >= 0.0) / (1.0 + power);
  }
}
