// dx[channel][row][column][lane] = the sum of dy over the windows that the pixel won or, of means, of dy / window size
// over those that hold it.
override count: u32;
override height: u32;
override width: u32;
override rows: u32;
override columns: u32;
override windowHeight: u32;
override windowWidth: u32;
override strideHeight: u32;
override strideWidth: u32;
override lanes: u32;
override average: bool;

var<storage, read> dy: array<f32>;
var<storage, read> winner: array<i32>;
var<storage, read_write> dx: array<f32>;

fn element(index: u32) {
  let place = index / lanes;
  let channel = place / (height * width);
  let pixel = vec2u(place / width % height, place % width);
  let window = vec2u(windowHeight, windowWidth);
  let stride = vec2u(strideHeight, strideWidth);
  // The windows that hold the pixel, by row and column.
  let first = select((pixel - window) / stride + 1u, vec2u(0), pixel < window);
  let last = min(pixel / stride, vec2u(rows, columns) - 1u);
  var sum = 0.0;
  for (var row = first.x; row <= last.x; row++) {
    for (var column = first.y; column <= last.y; column++) {
      let at = ((channel * rows + row) * columns + column) * lanes + index % lanes;
      let within = pixel - vec2u(row, column) * stride;
      if (average || winner[at] == i32(within.x * windowWidth + within.y)) {
        sum += dy[at];
      }
    }
  }
  dx[index] = select(sum, sum / f32(windowHeight * windowWidth), average);
}
