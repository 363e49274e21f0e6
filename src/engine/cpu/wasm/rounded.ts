/**
 * The simd128 build, made of the relaxed one: wherever that multiplies and adds in one instruction, which may round
 * once, it multiplies and then adds, which rounds twice.
 *
 * @module
 */
import { CODE, FUNCTIONS, joined, moduleOf, number, readNumber, sectionsOf, TYPES } from "./binary.ts";

/**
 * f32x4.relaxed_madd: the product of the two values below the top of the stack, plus the top. No other three bytes of
 * the kernels are these; their build checks it.
 */
export const MADD: readonly number[] = [0xfd, 0x85, 0x02];

/** local.set, f32x4.mul, local.get, f32x4.add: the same through a local variable that holds the summand meanwhile. */
function multiplyThenAdd(local: number): number[] {
  return [0x21, ...number(local), 0xfd, 0xe6, 0x01, 0x20, ...number(local), 0xfd, 0xe4, 0x01];
}

/** How many parameters each type of function has. */
function parameterCounts(types: Uint8Array): number[] {
  const counts: number[] = [];
  for (let [left, at] = readNumber(types, 0), count; left > 0; left--) {
    // A type is 0x60, its parameters and its results, all of one byte each.
    [count, at] = readNumber(types, at + 1);
    counts.push(count);
    [count, at] = readNumber(types, at + count);
    at += count;
  }
  return counts;
}

/** A function's body with one more local variable, a v128 behind its `parameters` and the locals it has. */
function roundedBody(body: Uint8Array, parameters: number): Uint8Array {
  const [groups, first] = readNumber(body, 0);
  let local = parameters, at = first, count = 0;
  for (let left = groups; left > 0; left--) {
    [count, at] = readNumber(body, at);
    local += count;
    // Behind the number of locals, their type.
    at++;
  }
  const parts: ArrayLike<number>[] = [number(groups + 1), body.subarray(first, at), [1, 0x7b]];
  const instead = multiplyThenAdd(local), [prefix, second, third] = MADD;
  for (let i = body.indexOf(prefix!, at); i >= 0; i = body.indexOf(prefix!, i + 1)) {
    if (body[i + 1] !== second || body[i + 2] !== third) continue;
    parts.push(body.subarray(at, i), instead);
    at = i + MADD.length;
  }
  return joined([...parts, body.subarray(at)]);
}

/** The simd128 build's bytes. */
export function rounded(relaxed: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(relaxed), contents = new Map(sections);
  const counts = parameterCounts(contents.get(TYPES)!), functions = contents.get(FUNCTIONS)!;
  const code = contents.get(CODE)!;
  let [left, at] = readNumber(code, 0), [, next] = readNumber(functions, 0), type = 0, size = 0;
  const bodies: ArrayLike<number>[] = [number(left)];
  for (; left > 0; left--) {
    [type, next] = readNumber(functions, next);
    [size, at] = readNumber(code, at);
    const body = roundedBody(code.subarray(at, at += size), counts[type]!);
    bodies.push(number(body.length), body);
  }
  return moduleOf(sections.map(([id, bytes]) => [id, id === CODE ? joined(bodies) : bytes]));
}
