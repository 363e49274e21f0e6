// dY[k][lane], the gradient of the mean loss over `images` images, becomes that of the sum of losses, each with its own
// gradient clipped to length `bound`: the squares squares[part][lane] of that length are given in parts.
override count: u32;
override outputs: u32;
override parts: u32;
override lanes: u32;

struct Arguments {
  images: f32,
  bound: f32,
}

var<storage, read_write> dY: array<f32>;
var<storage, read> squares: array<f32>;

fn element(lane: u32) {
  var sum = 0.0;
  for (var part = 0u; part < parts; part++) {
    sum += squares[part * lanes + lane];
  }
  // The squares are those of the mean's gradient, in which an image has a share of 1 / images.
  var factor = arguments.images;
  if (sum > 0.0) {
    factor = min(factor, arguments.bound / sqrt(sum));
  }
  // A length that is no number, or too great for one, bounds nothing: the image is left out, and what it holds must not
  // be multiplied with.
  let leftOut = magnitudeBits(sum) >= 0x7f800000u;
  for (var k = 0u; k < outputs; k++) {
    dY[k * lanes + lane] = select(dY[k * lanes + lane] * factor, 0.0, leftOut);
  }
}
