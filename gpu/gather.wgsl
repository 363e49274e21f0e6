// The input of a batch: x[channel][row][column][lane] from resident uint8 images, resized as OpenCV does, times scale;
// and labels[lane]. Lanes behind the last image become 0.
override count: u32;
override channels: u32;
override sourceHeight: u32;
override sourceWidth: u32;
override height: u32;
override width: u32;
override lanes: u32;
override resized: bool;

struct Arguments {
  images: u32,
  scale: f32,
}

var<storage, read> pixels: array<u32>;
var<storage, read> imageLabels: array<u32>;
var<storage, read> indices: array<u32>;
// First and second source pixel and their coefficients times 2048: of each row, then of each column.
var<storage, read> taps: array<vec4i>;
var<storage, read_write> x: array<f32>;
var<storage, read_write> labels: array<u32>;

fn byteAt(at: u32) -> i32 {
  return i32((pixels[at / 4u] >> (8u * (at % 4u))) & 255u);
}

fn across(row: u32, column: vec4i) -> i32 {
  return byteAt(row + u32(column.x)) * column.z + byteAt(row + u32(column.y)) * column.w;
}

fn grey(plane: u32, row: u32, column: u32) -> i32 {
  if (!resized) {
    return byteAt(plane + row * width + column);
  }
  let r = taps[row];
  let c = taps[height + column];
  let above = (r.z * (across(plane + u32(r.x) * sourceWidth, c) >> 4u)) >> 16u;
  let below = (r.w * (across(plane + u32(r.y) * sourceWidth, c) >> 4u)) >> 16u;
  return (above + below + 2) >> 2u;
}

fn element(index: u32) {
  let lane = index % lanes;
  let pixel = index / lanes;
  if (lane >= arguments.images) {
    x[index] = 0.0;
    return;
  }
  let image = indices[lane];
  if (pixel == 0u) {
    labels[lane] = imageLabels[image];
  }
  let channel = pixel / (height * width);
  let place = pixel % (height * width);
  let plane = (image * channels + channel) * sourceHeight * sourceWidth;
  x[index] = f32(grey(plane, place / width, place % width)) * arguments.scale;
}
