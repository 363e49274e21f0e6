// dWeight[output][input] = sum over lanes of dy[output][lane] * x[input][lane], and dBias[output] = sum of dy[output][lane], as an input of ones behind the last.
// An invocation computes 4 outputs by 4 inputs.
override inputs: u32;
override outputs: u32;
override lanes: u32;
override weightAt: u32;
override hasBias: bool;
override biasAt: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

fn put(output: u32, input: u32, sum: f32) {
  if (output >= outputs) {
    return;
  }
  if (input < inputs) {
    gradients[weightAt + output * inputs + input] = sum;
  } else if (hasBias && input == inputs) {
    gradients[biasAt + output] = sum;
  }
}

fn put4(output: u32, input: u32, sums: vec4f) {
  put(output, input, sums.x);
  put(output, input + 1u, sums.y);
  put(output, input + 2u, sums.z);
  put(output, input + 3u, sums.w);
}

fn at(input: u32, quad: u32) -> vec4f {
  if (input >= inputs) {
    return vec4f(1);
  }
  return x[input * (lanes / 4u) + quad];
}

fn products(gradient: vec4f, x0: vec4f, x1: vec4f, x2: vec4f, x3: vec4f) -> vec4f {
  return vec4f(dot(gradient, x0), dot(gradient, x1), dot(gradient, x2), dot(gradient, x3));
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let input = 4u * (group.x * 32u + local);
  let output = 4u * (group.z * 65535u + group.y);
  let quads = lanes / 4u;
  var a = vec4f(0);
  var b = vec4f(0);
  var c = vec4f(0);
  var d = vec4f(0);
  for (var quad = 0u; quad < quads; quad++) {
    let x0 = at(input, quad);
    let x1 = at(input + 1u, quad);
    let x2 = at(input + 2u, quad);
    let x3 = at(input + 3u, quad);
    let begin = output * quads + quad;
    a += products(dy[begin], x0, x1, x2, x3);
    b += products(dy[begin + quads], x0, x1, x2, x3);
    c += products(dy[begin + 2u * quads], x0, x1, x2, x3);
    d += products(dy[begin + 3u * quads], x0, x1, x2, x3);
  }
  put4(output, input, a);
  put4(output + 1u, input, b);
  put4(output + 2u, input, c);
  put4(output + 3u, input, d);
}
