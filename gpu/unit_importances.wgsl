// importances[unit] = the bits of the Euclidean norm of what makes the unit (`importance` 1: weight [units][taps] and
// bias [units]), of what reads it (2: reader [rows][units][columns]), or their product (0). Bits of numbers from 0 on
// are in the order of the numbers; what is no number is as important as can be, and a unit that has nothing left of
// what makes it is `silent`. One workgroup a unit.
struct Arguments {
  weightAt: u32,
  biasAt: u32,
  readerAt: u32,
  withBias: u32,
  units: u32,
  taps: u32,
  rows: u32,
  columns: u32,
  importance: u32,
}

var<storage, read> parameters: array<f32>;
var<storage, read> masks: array<u32>;
var<storage, read_write> importances: array<u32>;

const silent = 0xffffffffu;

// Whether anything is kept of what makes the unit.
var<workgroup> kept: atomic<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let unit = group.y * groups.x + group.x;
  // Of the squares of what makes the unit, and of what reads it.
  var squares = vec2f(0);
  var living = 0u;
  if (unit < arguments.units) {
    if (local == 0u && arguments.withBias != 0u) {
      let bias = parameters[arguments.biasAt + unit];
      squares.x = bias * bias;
      living = masks[arguments.biasAt + unit];
    }
    for (var i = local; i < arguments.taps; i += 64u) {
      let at = arguments.weightAt + unit * arguments.taps + i;
      squares.x += parameters[at] * parameters[at];
      living |= masks[at];
    }
    for (var i = local; i < arguments.rows * arguments.columns; i += 64u) {
      let row = (i / arguments.columns) * arguments.units + unit;
      let weight = parameters[arguments.readerAt + row * arguments.columns + i % arguments.columns];
      squares.y += weight * weight;
    }
  }
  atomicOr(&kept, living);
  squares = workgroupSum(local, squares);
  if (local == 0u && unit < arguments.units) {
    let norms = sqrt(squares);
    var importance = norms.x * norms.y;
    if (arguments.importance != 0u) {
      importance = norms[arguments.importance - 1u];
    }
    let bits = min(magnitudeBits(importance), 0x7f800000u);
    importances[unit] = select(bits, silent, atomicLoad(&kept) == 0u);
  }
}
