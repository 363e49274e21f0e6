/**
 * The measured peak of one core: multiply-adds on 128-bit vectors of float32 in registers alone, in as many independent
 * chains as hide their latency. It is what the kernels could reach at most if nothing ever came from memory. The wasm
 * module is assembled here, byte by byte: the two builds differ in one instruction.
 *
 * Format: https://webassembly.github.io/spec/core/binary/
 */
import type { Timed } from "./measure.ts";

/** Independent chains; with the two factors they fit the sixteen vector registers of x86-64. */
const CHAINS = 12;
/** Multiply-adds of each chain in a turn of the loop. */
const UNROLLED = 8;
const TURNS = 20_000;
const LANES = 4;

const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b;
const END = 0x0b, LOOP = 0x03, BRANCH_IF = 0x0d, EMPTY = 0x40;
const GET = 0x20, SET = 0x21, TEE = 0x22, I32_CONST = 0x41, I32_SUB = 0x6b, F32_CONST = 0x43;
const SPLAT = [0xfd, 0x13], EXTRACT_0 = [0xfd, 0x1f, 0x00], ADD = [0xfd, 0xe4, 0x01], MULTIPLY = [0xfd, 0xe6, 0x01];
const RELAXED_MULTIPLY_ADD = [0xfd, 0x85, 0x02];

/** Parameters of the function, then its other variables: the factor and the summand of every chain, and the chains. */
const TURNS_LEFT = 0, FACTOR = 1, SUMMAND = 2, FACTORS = 3, SUMMANDS = 4, FIRST_CHAIN = 5;

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

function sized(bytes: readonly number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function constant(value: number): number[] {
  return [F32_CONST, ...new Uint8Array(Float32Array.of(value).buffer)];
}

/** How a chain goes on by one step. */
const STEP = {
  /** x = x + factor * summand, fused: as the kernels add to their sums. */
  relaxed: (chain: number) => [GET, FACTORS, GET, SUMMANDS, GET, chain, ...RELAXED_MULTIPLY_ADD, SET, chain],
  /** x = x * factor + summand: a compiler would take the other product, always the same, out of the loop. */
  simd128: (chain: number) => [GET, chain, GET, FACTORS, ...MULTIPLY, GET, SUMMANDS, ...ADD, SET, chain],
} as const;

/**
 * `(turns: i32, factor: f32, summand: f32) -> f32`: takes the steps of all chains, again and again; their sum in the
 * first lane.
 */
function body(build: keyof typeof STEP): number[] {
  const chains = Array.from({ length: CHAINS }, (_, i) => FIRST_CHAIN + i);
  const step = chains.flatMap(STEP[build]);
  return [
    ...[0x01, ...leb(2 + CHAINS), V128],
    ...[GET, FACTOR, ...SPLAT, SET, FACTORS, GET, SUMMAND, ...SPLAT, SET, SUMMANDS],
    ...chains.flatMap((chain) => [...constant(chain), ...SPLAT, SET, chain]),
    ...[LOOP, EMPTY, ...Array.from({ length: UNROLLED }, () => step).flat()],
    ...[GET, TURNS_LEFT, I32_CONST, 1, I32_SUB, TEE, TURNS_LEFT, BRANCH_IF, 0, END],
    ...chains.flatMap((chain, i) => [GET, chain, ...(i > 0 ? ADD : [])]),
    ...[...EXTRACT_0, END],
  ];
}

function moduleBytes(build: keyof typeof STEP): Uint8Array<ArrayBuffer> {
  const section = (id: number, bytes: readonly number[]) => [id, ...sized(bytes)];
  const name = [...new TextEncoder().encode("peak")];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, ...sized([I32, F32, F32]), ...sized([F32])]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, ...sized(name), 0x00, 0x00]),
    ...section(10, [0x01, ...sized(body(build))]),
  ]);
}

/**
 * Multiply-adds in registers; the unit of work is a floating-point operation.
 *
 * @param build "relaxed" fuses multiply and add, "simd128" multiplies, then adds
 * @throws {WebAssembly.CompileError} if the runtime lacks these instructions.
 */
export function registerPeak(build: "relaxed" | "simd128"): Timed {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(build)));
  const peak = exports.peak as (turns: number, factor: number, summand: number) => number;
  // By both rules every step adds 1 to a chain, which begins at its own number; float32 counts that far without
  // rounding.
  const expected = CHAINS * (TURNS * UNROLLED + FIRST_CHAIN + (CHAINS - 1) / 2);
  return {
    units: TURNS * UNROLLED * CHAINS * LANES * 2,
    run: () => {
      const sum = peak(TURNS, 1, 1);
      if (sum !== expected) throw new Error(`the chains of the peak sum up to ${sum} instead of ${expected}`);
    },
  };
}
