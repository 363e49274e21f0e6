// dWeight[output][input] = sum over lanes of dy[output][lane] * x[input][lane], and dBias[output] = sum of dy[output][lane], as an input of ones behind the last.
// An invocation computes `tile` outputs by as many inputs.
override inputs: u32;
override outputs: u32;
override lanes: u32;
override weightAt: u32;
override hasBias: bool;
override biasAt: u32;
override tile: u32;
override groupSize: u32;

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

@compute @workgroup_size(groupSize)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let input = tile * (group.x * groupSize + local);
  let output = tile * (group.z * 65535u + group.y);
  let quads = lanes / 4u;
  // sums[output][input]
  var sums: array<f32, tile * tile>;
  for (var quad = 0u; quad < quads; quad++) {
    var v: array<vec4f, tile>;
    /* unroll */ for (var i = 0u; i < tile; i++) {
      v[i] = select(x[(input + i) * quads + quad], vec4f(1), input + i >= inputs);
    }
    /* unroll */ for (var o = 0u; o < tile; o++) {
      let gradient = dy[(output + o) * quads + quad];
      /* unroll */ for (var i = 0u; i < tile; i++) {
        sums[o * tile + i] += dot(gradient, v[i]);
      }
    }
  }
  /* unroll */ for (var o = 0u; o < tile; o++) {
    /* unroll */ for (var i = 0u; i < tile; i++) {
      put(output + o, input + i, sums[o * tile + i]);
    }
  }
}
