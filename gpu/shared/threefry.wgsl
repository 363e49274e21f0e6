// Threefry-2x32 with 20 rounds (Salmon et al., 2011): word 0.
fn threefry(key0: u32, key1: u32, counter0: u32, counter1: u32) -> u32 {
  var keys = vec3u(key0, key1, key0 ^ key1 ^ 0x1bd11bdau);
  var x0 = counter0 + key0;
  var x1 = counter1 + key1;
  for (var round = 0u; round < 20u; round++) {
    let even = (round / 4u) % 2u == 0u;
    let rotations = select(vec4u(17, 29, 16, 24), vec4u(13, 15, 26, 6), even);
    let rotation = rotations[round % 4u];
    x0 += x1;
    x1 = ((x1 << rotation) | (x1 >> (32u - rotation))) ^ x0;
    if (round % 4u == 3u) {
      keys = keys.yzx;
      x0 += keys.x;
      x1 += keys.y + round / 4u + 1u;
    }
  }
  return x0;
}
