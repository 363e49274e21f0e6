// y[row][lane] = bias[row] + sum over k of weight[row][k] * x[k][lane], with ReLU behind it where asked for. The weight's strides are constants: the input gradient is
// this shader with rows and columns exchanged. An invocation computes 8 rows for 4 images; its workgroup's 32 images share the weights. `slices` invocations share the sum.
override rows: u32;
override terms: u32;
override lanes: u32;
override weightAt: u32;
override rowStride: u32;
override termStride: u32;
override hasBias: bool;
override biasAt: u32;
override relu: bool;
// Whether y becomes 0 where `value` is not positive: the gradient of a ReLU that made it.
override masked: bool;
// More than 1 fill a processor that has more lanes than there are outputs; it costs a barrier, which is dear on software adapters.
override slices: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> value: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

var<workgroup> sums: array<vec4f, 512>;

fn put(row: u32, lane: u32, sum: vec4f) {
  if (row >= rows) {
    return;
  }
  var bias = 0.0;
  if (hasBias) {
    bias = parameters[biasAt + row];
  }
  for (var k = 0u; k < 4u; k++) {
    if (lane + 8u * k < lanes) {
      let at = row * lanes + lane + 8u * k;
      var result = sum[k] + bias;
      if (relu) {
        result = max(result, 0.0);
      }
      if (masked) {
        result = select(0.0, result, value[at] > 0.0);
      }
      y[at] = result;
    }
  }
}

fn put8(row: u32, lane: u32, a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f, g: vec4f, h: vec4f) {
  put(row, lane, a);
  put(row + 1u, lane, b);
  put(row + 2u, lane, c);
  put(row + 3u, lane, d);
  put(row + 4u, lane, e);
  put(row + 5u, lane, f);
  put(row + 6u, lane, g);
  put(row + 7u, lane, h);
}

@compute @workgroup_size(8, slices)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = group.x * 32u + local.x;
  let row = (group.z * 65535u + group.y) * 8u;
  let share = (terms + slices - 1u) / slices;
  let end = min((local.y + 1u) * share, terms);
  var a = vec4f(0);
  var b = vec4f(0);
  var c = vec4f(0);
  var d = vec4f(0);
  var e = vec4f(0);
  var f = vec4f(0);
  var g = vec4f(0);
  var h = vec4f(0);
  for (var k = local.y * share; k < end; k++) {
    let at = weightAt + row * rowStride + k * termStride;
    let w0 = vec4f(parameters[at], parameters[at + rowStride], parameters[at + 2u * rowStride], parameters[at + 3u * rowStride]);
    let after = at + 4u * rowStride;
    let w1 = vec4f(parameters[after], parameters[after + rowStride], parameters[after + 2u * rowStride], parameters[after + 3u * rowStride]);
    // Suppressed weights are 0: what is 0 in all 8 rows is passed over by the whole workgroup.
    if (any(w0 != vec4f(0)) || any(w1 != vec4f(0))) {
      let begin = k * lanes + lane;
      let v = vec4f(x[begin], x[begin + 8u], x[begin + 16u], x[begin + 24u]);
      a += w0.x * v;
      b += w0.y * v;
      c += w0.z * v;
      d += w0.w * v;
      e += w1.x * v;
      f += w1.y * v;
      g += w1.z * v;
      h += w1.w * v;
    }
  }
  if (slices == 1u) {
    put8(row, lane, a, b, c, d, e, f, g, h);
    return;
  }
  // sums[slice][row][8 invocations]: each slice then finishes its share of the rows.
  let mine = local.y * 64u + local.x;
  sums[mine] = a;
  sums[mine + 8u] = b;
  sums[mine + 16u] = c;
  sums[mine + 24u] = d;
  sums[mine + 32u] = e;
  sums[mine + 40u] = f;
  sums[mine + 48u] = g;
  sums[mine + 56u] = h;
  workgroupBarrier();
  for (var k = local.y; k < 8u; k += slices) {
    var sum = vec4f(0);
    for (var slice = 0u; slice < slices; slice++) {
      sum += sums[slice * 64u + k * 8u + local.x];
    }
    put(row + k, lane, sum);
  }
}
