// The gradients of a convolution's weight and bias as the sums of their parts, sums[output][tap][part], the bias as a
// last tap. `quads` times four parts.
override count: u32;
override taps: u32;
override quads: u32;
override weightTaps: u32;
override weightAt: u32;
override biasAt: u32;

var<storage, read> sums: array<vec4f>;
var<storage, read_write> gradients: array<f32>;

fn element(index: u32) {
  let output = index / taps;
  let tap = index % taps;
  var sum = vec4f(0);
  for (var quad = 0u; quad < quads; quad++) {
    sum += sums[index * quads + quad];
  }
  gradients[select(biasAt + output, weightAt + output * weightTaps + tap, tap < weightTaps)] = dot(sum, vec4f(1));
}
