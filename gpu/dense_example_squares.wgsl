// squares[at][lane] = the squared length of each image's own gradient of a dense layer: a product of two vectors,
// x[input][lane] and dy[output][lane], so that its length is theirs.
override count: u32;
override inputs: u32;
override outputs: u32;
override lanes: u32;
override hasBias: bool;
override at: u32;

var<storage, read> x: array<f32>;
var<storage, read> dy: array<f32>;
var<storage, read_write> squares: array<f32>;

fn element(lane: u32) {
  // A bias is the weight of an input of 1.
  var xs = select(0.0, 1.0, hasBias);
  for (var i = 0u; i < inputs; i++) {
    let value = x[i * lanes + lane];
    xs += value * value;
  }
  var dys = 0.0;
  for (var i = 0u; i < outputs; i++) {
    let value = dy[i * lanes + lane];
    dys += value * value;
  }
  squares[at * lanes + lane] = xs * dys;
}
