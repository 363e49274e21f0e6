// y[row][lane] = bias[row] + sum over k of weight[row][k] * x[k][lane], with ReLU behind it where asked for. The
// weight's strides are constants: the input gradient is this shader with rows and columns exchanged. An invocation
// computes `quads` times 4 rows for `images` images; its workgroup's 32 images share the weights. `slices` invocations
// share the sum.
override rows: u32;
override terms: u32;
override lanes: u32;
override weightAt: u32;
override rowStride: u32;
override termStride: u32;
override hasBias: bool;
override biasAt: u32;
override relu: bool;
// Whether y becomes 0 where `values` are not positive: the gradient of a ReLU that made it.
override masked: bool;
override quads: u32;
override images: u32;
// Invocations along the lanes: 32 / images.
override across: u32;
// Terms that a slice adds at a time; divides their number.
override depth: u32;
// More than 1 fill a processor that has more lanes than there are outputs; it costs a barrier, which is dear on
// software adapters.
override slices: u32;
// Terms whose weights are kept in workgroup memory at a time, a multiple of slices x depth; 0 reads them from the
// buffer.
override tileTerms: u32;
// Whether terms whose weights are all 0 are passed over.
override skips: bool;

var<storage, read> x: array<f32>;
var<storage, read> parameters: array<f32>;
var<storage, read> values: array<f32>;
var<storage, read_write> y: array<f32>;

// tile[term][quad]
var<workgroup> tile: array<vec4f, 128>;
var<workgroup> sums: array<vec4f, 512>;

// Weights of four rows.
fn weights(row: u32, term: u32) -> vec4f {
  let at = weightAt + row * rowStride + term * termStride;
  var result: vec4f;
  /* unroll */ for (var k = 0u; k < 4u; k++) {
    result[k] = parameters[at + k * rowStride];
  }
  return result;
}

fn put(row: u32, lane: u32, sum: vec4f) {
  for (var k = 0u; k < 4u; k++) {
    if ((lanes % 32u == 0u || lane < lanes) && (rows % (4u * quads) == 0u || row + k < rows)) {
      let at = (row + k) * lanes + lane;
      var result = sum[k];
      if (hasBias) {
        result += parameters[biasAt + row + k];
      }
      if (relu) {
        result = rectified(result);
      }
      if (masked) {
        result = select(0.0, result, values[at] > 0.0);
      }
      y[at] = result;
    }
  }
}

@compute @workgroup_size(across, slices)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = group.x * 32u + local.x;
  let row = (group.z * 65535u + group.y) * 4u * quads;
  let step = select(tileTerms, terms, tileTerms == 0u);
  // mine[quad][image]
  var mine: array<vec4f, quads * images>;
  for (var begin = 0u; begin < terms; begin += step) {
    let to = min(begin + step, terms);
    if (tileTerms > 0u) {
      workgroupBarrier();
      for (var t = local.y * across + local.x; t < (to - begin) * quads; t += slices * across) {
        tile[t] = weights(row + 4u * (t % quads), begin + t / quads);
      }
      workgroupBarrier();
    }
    for (var k = begin + local.y * depth; k < to; k += slices * depth) {
      /* unroll */ for (var term = 0u; term < depth; term++) {
        var w: array<vec4f, quads>;
        var isAlive = !skips;
        /* unroll */ for (var q = 0u; q < quads; q++) {
          if (tileTerms > 0u) {
            w[q] = tile[(k + term - begin) * quads + q];
          } else {
            w[q] = weights(row + 4u * q, k + term);
          }
          isAlive = isAlive || any(w[q] != vec4f(0));
        }
        // Suppressed weights are 0: what is 0 in all rows is passed over by all that share the weights.
        if (isAlive) {
          /* unroll */ for (var m = 0u; m < images; m++) {
            let v = x[(k + term) * lanes + lane + m * across];
            /* unroll */ for (var q = 0u; q < quads; q++) {
              mine[q * images + m] += w[q] * v;
            }
          }
        }
      }
    }
  }
  if (slices == 1u) {
    /* unroll */ for (var q = 0u; q < quads; q++) {
      /* unroll */ for (var m = 0u; m < images; m++) {
        put(row + 4u * q, lane + m * across, mine[q * images + m]);
      }
    }
    return;
  }
  // sums[slice][quad][image][invocation]: each slice then finishes its share of them.
  let all = quads * images;
  /* unroll */ for (var q = 0u; q < quads; q++) {
    /* unroll */ for (var m = 0u; m < images; m++) {
      sums[(local.y * all + q * images + m) * across + local.x] = mine[q * images + m];
    }
  }
  workgroupBarrier();
  for (var k = local.y; k < all; k += slices) {
    var sum = vec4f(0);
    for (var slice = 0u; slice < slices; slice++) {
      sum += sums[(slice * all + k) * across + local.x];
    }
    put(row + 4u * (k / images), lane + k % images * across, sum);
  }
}
