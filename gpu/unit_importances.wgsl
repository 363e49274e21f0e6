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

@group(0) @binding(0) var<storage, read> parameters: array<f32>;
@group(0) @binding(1) var<storage, read> masks: array<u32>;
@group(0) @binding(2) var<storage, read_write> importances: array<u32>;
@group(1) @binding(0) var<uniform> arguments: Arguments;

const silent = 0xffffffffu;

// Of 64 invocations each: squares of what makes the unit and of what reads it, and whether anything is kept.
var<workgroup> incoming: array<f32, 64>;
var<workgroup> outgoing: array<f32, 64>;
var<workgroup> kept: array<u32, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let unit = group.y * groups.x + group.x;
  var made = 0.0;
  var read = 0.0;
  var living = 0u;
  if (unit < arguments.units) {
    if (local == 0u && arguments.withBias != 0u) {
      let bias = parameters[arguments.biasAt + unit];
      made = bias * bias;
      living = masks[arguments.biasAt + unit];
    }
    for (var i = local; i < arguments.taps; i += 64u) {
      let at = arguments.weightAt + unit * arguments.taps + i;
      made += parameters[at] * parameters[at];
      living |= masks[at];
    }
    for (var i = local; i < arguments.rows * arguments.columns; i += 64u) {
      let row = (i / arguments.columns) * arguments.units + unit;
      let weight = parameters[arguments.readerAt + row * arguments.columns + i % arguments.columns];
      read += weight * weight;
    }
  }
  incoming[local] = made;
  outgoing[local] = read;
  kept[local] = living;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      incoming[local] += incoming[local + half];
      outgoing[local] += outgoing[local + half];
      kept[local] |= kept[local + half];
    }
  }
  if (local == 0u && unit < arguments.units) {
    var importance = sqrt(incoming[0]) * sqrt(outgoing[0]);
    if (arguments.importance != 0u) {
      importance = sqrt(select(outgoing[0], incoming[0], arguments.importance == 1u));
    }
    let bits = min(bitcast<u32>(importance) & 0x7fffffffu, 0x7f800000u);
    importances[unit] = select(bits, silent, kept[0] == 0u);
  }
}
