// squares[at + output * channels + channel][lane] = the squared length of each image's own gradient of the weights from
// a channel to an output of a convolution, with the bias for the first channel. dy is that of the convolution's outputs
// or, where `pooled`, that of the ReLU and 2x2 max-pool behind it with its winners. An invocation has an image, a
// channel and an output.
override count: u32;
override channels: u32;
override height: u32;
override width: u32;
override rows: u32;
override columns: u32;
override kernelHeight: u32;
override kernelWidth: u32;
override strideHeight: u32;
override strideWidth: u32;
override lanes: u32;
override hasBias: bool;
override pooled: bool;
override at: u32;

var<storage, read> x: array<f32>;
var<storage, read> dy: array<f32>;
var<storage, read> winner: array<i32>;
var<storage, read_write> squares: array<f32>;

fn element(index: u32) {
  let lane = index % lanes;
  let channel = index / lanes % channels;
  let output = index / lanes / channels;
  let taps = kernelHeight * kernelWidth;
  // One more for the bias.
  let end = select(taps, taps + 1u, hasBias && channel == 0u);
  var total = 0.0;
  for (var tap = 0u; tap < end; tap++) {
    let isBias = tap == taps;
    let window = (channel * height + tap / kernelWidth) * width + tap % kernelWidth;
    var sum = 0.0;
    for (var row = 0u; row < rows; row++) {
      for (var column = 0u; column < columns; column++) {
        let dyAt = ((output * rows + row) * columns + column) * lanes + lane;
        var place = vec2u(row * strideHeight, column * strideWidth);
        var gradient = dy[dyAt];
        if (pooled) {
          let won = winner[dyAt];
          // Nothing where ReLU closed it.
          gradient = select(0.0, gradient, won >= 0);
          place = 2u * vec2u(row, column) + select(vec2u(0), vec2u(u32(won) >> 1u, u32(won) & 1u), won >= 0);
        }
        let value = x[(window + place.x * width + place.y) * lanes + lane];
        sum += gradient * select(value, 1.0, isBias);
      }
    }
    total += sum * sum;
  }
  squares[(at + output * channels + channel) * lanes + lane] = total;
}
