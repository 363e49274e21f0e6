/** Dropout in whole networks, on every engine of the CPU; the tests of the GPU hold one against the same cases. */
import { describe, test } from "node:test";
import { dense, dropout, type EngineOptions, flatten, gelu, openEngine, sequential } from "../../mod.ts";
import { assert, assertAlmostEquals, assertThrows } from "#std/assert";
import { noThreads } from "../support/here.ts";
import { dropoutCases } from "../support/dropout_cases.ts";
import { BUILDS, ENGINES } from "../support/engines.ts";

const nameOf = ({ engine, build, threads = 1 }: EngineOptions) => `${engine} ${build ?? ""} on ${threads} threads`;
const TWO: EngineOptions = { engine: "wasm", build: BUILDS[0]!, threads: 2 };

describe("dropout", () => {
  for (const options of [...ENGINES, TWO]) {
    const skip = options === TWO && noThreads;
    for (const { name, run } of dropoutCases) {
      test(`${name} (${nameOf(options)})`, { skip }, async () => await run(await openEngine(options)));
    }
  }

  test("takes a rate from 0 to less than 1 and a seed, and says so", () => {
    for (const rate of [1, -0.1, NaN, Infinity, "0.5" as unknown as number, undefined as unknown as number]) {
      assertThrows(() => dropout({ rate }), RangeError, `dropout: rate is ${rate}; it must be a number from 0`);
    }
    for (const seed of [-1, 0.5, 2 ** 32]) {
      assertThrows(() => dropout({ rate: 0.5, seed }), RangeError, "dropout: seed");
    }
    assert(dropout({ rate: 0 }).seed === 1);
  });

  /** What PyTorch 1.13 computes in float64 with GELU and the mask of step 7 below, from numbers that float32 holds. */
  const GOLDEN = {
    loss: 1.1639305301,
    gradients: {
      "input": [
        -0.136791623,
        -0.00422948281,
        0.128332657,
        -0.124740519,
        0.00782162081,
        0.140383761,
        0.000190917543,
        5.96617321e-05,
        -7.15940785e-05,
        0.000178985196,
        4.77293857e-05,
        -8.35264249e-05,
        0.0287004865,
        0.00562598167,
        -0.0174485231,
        0.0266028042,
        0.00352829942,
        -0.0195462054,
        -0.000508039211,
        -6.78988361e-05,
        0.000372241539,
        -0.00046802645,
        -2.78860748e-05,
        0.0004122543,
      ],
      "fc1.weight": [
        -0.0596012616,
        -0.012847037,
        0.0589877448,
        -0.0264781262,
        0.0457384906,
        -0.0397273804,
        0.000140773881,
        -7.03869405e-05,
        9.3849254e-05,
        -0.000117311567,
        4.6924627e-05,
        -0.000164236194,
        0.0121637834,
        -0.0090313571,
        0.0179407403,
        -0.00325440025,
        0.0237176971,
        0.0025225566,
        -0.0607943725,
        -0.00637345606,
        0.0424486738,
        -0.0219020664,
        0.0269200635,
        -0.0374306768,
        -0.0675126993,
        -0.00843908742,
        0.0506345245,
        -0.0253172622,
        0.0337563497,
        -0.0421954371,
      ],
      "fc1.bias": [0.0529970167, 0.000187698508, -0.0231078274, 0.0621144414, 0.0675126993],
      "fc2.weight": [
        -0.240835254,
        -0.0164798814,
        -0.00917441297,
        -0.179034636,
        -0.233492811,
        0.121356765,
        0.0345008284,
        0.0113983698,
        0.0797467535,
        0.118215464,
        0.119478489,
        -0.018020947,
        -0.00222395687,
        0.0992878828,
        0.115277347,
      ],
      "fc2.bias": [-0.0176653212, -0.0552653052, 0.0729306264],
    },
  };

  test("with GELU gives PyTorch's loss and gradients, where PyTorch leaves out the same", async () => {
    const values = (count: number, a: number, b: number, scale = 1) =>
      Float32Array.from({ length: count }, (_, i) => (i * a % b - b / 2) / b * scale);
    const layers = [flatten(), dense({ outputs: 5 }), gelu(), dropout({ rate: 0.4, seed: 3 }), dense({ outputs: 3 })];
    for (const options of ENGINES) {
      const engine = await openEngine(options);
      const program = engine.program(sequential([1, 2, 3], layers), { batchSize: 4, gradients: "both" });
      program.parameters.setValues({
        "fc1.weight": values(30, 11, 32, 2),
        "fc1.bias": values(5, 3, 8),
        "fc2.weight": values(15, 13, 16, 2),
        "fc2.bias": values(3, 5, 8),
      });
      program.setInput(values(24, 7, 16, 2), [0, 1, 2, 1]);
      program.gradients(7);
      assertAlmostEquals(await program.loss(), GOLDEN.loss, 1e-6, nameOf(options));
      for (const [name, golden] of Object.entries(GOLDEN.gradients)) {
        const gradient = name === "input" ? await program.inputGradient() : await program.parameters.gradient(name);
        golden.forEach((value, i) =>
          assertAlmostEquals(gradient[i]!, value, 1e-6, `${name}[${i}], ${nameOf(options)}`)
        );
      }
    }
  });
});
