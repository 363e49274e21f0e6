/** The input of a batch: uint8 images, resized bilinearly with OpenCV's arithmetic, scaled and laid out batch innermost. */

// @ts-ignore: decorator
@unmanaged
class GatherShape {
  channels: i32;
  sourceHeight: i32;
  sourceWidth: i32;
  height: i32;
  width: i32;
  lanes: i32;
}

/** One destination row or column: the two source rows or columns it lies between and their 11-bit coefficients. */
// @ts-ignore: decorator
@unmanaged
class Tap {
  near: i32;
  far: i32;
  nearShare: i32;
  farShare: i32;
}

/** The taps of one axis. OpenCV resets the fraction at the edges of columns but not of rows. */
function prepareTaps(taps: usize, source: i32, size: i32, resetAtEdge: bool): void {
  const scale: f64 = 1.0 / (<f64> size / <f64> source);
  for (let i = 0; i < size; i++) {
    const position = <f32> ((<f64> i + 0.5) * scale - 0.5);
    let start = <i32> Mathf.floor(position);
    let fraction = position - <f32> start;
    if (resetAtEdge && (start < 0 || start >= source - 1)) {
      start = start < 0 ? 0 : source - 1;
      fraction = 0;
    }
    const tap = changetype<Tap>(taps + (i << 4));
    tap.near = min(max(start, 0), source - 1);
    tap.far = min(max(start + 1, 0), source - 1);
    tap.nearShare = <i32> nearest((<f32> 1 - fraction) * 2048);
    tap.farShare = <i32> nearest(fraction * 2048);
  }
}

export function gather(
  images: usize,
  indices: usize,
  x: usize,
  count: i32,
  scale: f32,
  scratch: usize,
  shape: usize,
): void {
  const s = changetype<GatherShape>(shape);
  const sourcePlane: usize = s.sourceHeight * s.sourceWidth, sourceImage: usize = s.channels * sourcePlane;
  const columns = scratch + (<usize> s.height << 4);
  prepareTaps(scratch, s.sourceHeight, s.height, false);
  prepareTaps(columns, s.sourceWidth, s.width, true);
  for (let channel = 0; channel < s.channels; channel++) {
    const source = images + channel * sourcePlane;
    for (let i = 0; i < s.height; i++) {
      const row = changetype<Tap>(scratch + (i << 4));
      const above: usize = row.near * s.sourceWidth, below: usize = row.far * s.sourceWidth;
      for (let j = 0; j < s.width; j++) {
        const column = changetype<Tap>(columns + (j << 4));
        const left = column.near, right = column.far, leftShare = column.nearShare, rightShare = column.farShare;
        for (let lane = 0; lane < count; lane++) {
          const image = source + <usize> load<i32>(indices + (lane << 2)) * sourceImage;
          const top = load<u8>(image + above + left) * leftShare + load<u8>(image + above + right) * rightShare;
          const bottom = load<u8>(image + below + left) * leftShare + load<u8>(image + below + right) * rightShare;
          const grey = (((row.nearShare * (top >> 4)) >> 16) + ((row.farShare * (bottom >> 4)) >> 16) + 2) >> 2;
          store<f32>(x + (lane << 2), <f32> grey * scale);
        }
        memory.fill(x + (count << 2), 0, (s.lanes - count) << 2);
        x += s.lanes << 2;
      }
    }
  }
}
