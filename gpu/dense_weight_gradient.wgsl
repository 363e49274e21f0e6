// dWeight[output][input] = sum over lanes of dy[output][lane] * x[input][lane], and dBias[output] = sum of
// dy[output][lane], as an input of ones behind the last. An invocation computes `tile` outputs by as many inputs, which
// lie `down` and `across` apart.
override inputs: u32;
override outputs: u32;
override lanes: u32;
override weightAt: u32;
override hasBias: bool;
override biasAt: u32;
override tile: u32;
// Invocations of a workgroup along the inputs and the outputs.
override across: u32;
override down: u32;
// Quads of lanes of which x and dy are kept in workgroup memory at a time; 0 reads them from the buffers.
override tileQuads: u32;

var<storage, read> x: array<vec4f>;
var<storage, read> dy: array<vec4f>;
var<storage, read_write> gradients: array<f32>;

// xTile[input][quad] and dyTile[output][quad], each row one longer than it need be, so that rows do not lie in the same
// banks.
const pitch = tileQuads + 1u;
var<workgroup> xTile: array<vec4f, 288>;
var<workgroup> dyTile: array<vec4f, 288>;

fn xOf(input: u32, quad: u32) -> vec4f {
  return select(x[input * (lanes / 4u) + quad], vec4f(1), input >= inputs);
}

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

@compute @workgroup_size(across, down)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let input = tile * across * group.x;
  let output = tile * down * (group.z * 65535u + group.y);
  let quads = lanes / 4u;
  let step = select(tileQuads, quads, tileQuads == 0u);
  // sums[output][input]
  var sums: array<f32, tile * tile>;
  for (var begin = 0u; begin < quads; begin += step) {
    if (tileQuads > 0u) {
      workgroupBarrier();
      for (var t = local.y * across + local.x; t < tile * across * step; t += across * down) {
        let row = t / step;
        let quad = t % step;
        xTile[row * pitch + quad] = xOf(input + row, begin + quad);
        dyTile[row * pitch + quad] = dy[(output + row) * quads + begin + quad];
      }
      workgroupBarrier();
    }
    for (var quad = begin; quad < min(begin + step, quads); quad++) {
      var v: array<vec4f, tile>;
      /* unroll */ for (var i = 0u; i < tile; i++) {
        if (tileQuads > 0u) {
          v[i] = xTile[(i * across + local.x) * pitch + quad - begin];
        } else {
          v[i] = xOf(input + i * across + local.x, quad);
        }
      }
      /* unroll */ for (var o = 0u; o < tile; o++) {
        var gradient: vec4f;
        if (tileQuads > 0u) {
          gradient = dyTile[(o * down + local.y) * pitch + quad - begin];
        } else {
          gradient = dy[(output + o * down + local.y) * quads + quad];
        }
        /* unroll */ for (var i = 0u; i < tile; i++) {
          sums[o * tile + i] += dot(gradient, v[i]);
        }
      }
    }
  }
  /* unroll */ for (var o = 0u; o < tile; o++) {
    /* unroll */ for (var i = 0u; i < tile; i++) {
      put(output + o * down + local.y, input + i * across + local.x, sums[o * tile + i]);
    }
  }
}
