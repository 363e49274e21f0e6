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

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> winner: array<i32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

fn element(index: u32) {
  let place = index / lanes;
  let channel = place / (height * width);
  let y = place / width % height;
  let x = place % width;
  // The windows that hold the pixel.
  let firstRow = select((y - windowHeight) / strideHeight + 1u, 0u, y < windowHeight);
  let firstColumn = select((x - windowWidth) / strideWidth + 1u, 0u, x < windowWidth);
  let lastRow = min(y / strideHeight, rows - 1u);
  let lastColumn = min(x / strideWidth, columns - 1u);
  var sum = 0.0;
  for (var row = firstRow; row <= lastRow; row++) {
    for (var column = firstColumn; column <= lastColumn; column++) {
      let at = ((channel * rows + row) * columns + column) * lanes + index % lanes;
      if (average || winner[at] == i32((y - row * strideHeight) * windowWidth + x - column * strideWidth)) {
        sum += dy[at];
      }
    }
  }
  dx[index] = select(sum, sum / f32(windowHeight * windowWidth), average);
}
