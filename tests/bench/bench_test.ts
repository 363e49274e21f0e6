/** The benchmark's own parts: flags, counts, medians, and the module that measures the machine's peak. */
import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "#std/assert";
import { lenet5, openEngine } from "../../mod.ts";
import { buildsOf, parseArguments, UsageError } from "./arguments.ts";
import { usefulFlops } from "./flops.ts";
import { median } from "./measure.ts";
import { delimited, integer } from "./peers/protobuf.ts";
import { registerPeak } from "./peak.ts";
import { operations, silence } from "./silence.ts";

describe("the benchmark", () => {
  test("times what its flags name, once each and in their order", () => {
    const settings = parseArguments(["--case", "infer,train,infer", "--batch", "256,1", "--sparsity", "0.5", "--json"]);
    if (settings === "help") throw new Error("help was not asked for");
    assertEquals(settings.cases, ["infer", "train"]);
    assertEquals(settings.batches, [256, 1]);
    assertEquals(settings.sparsities, [0.5]);
    assertEquals([settings.threads, settings.runs, settings.json], [[1, 2], 5, true]);
    assertEquals(buildsOf("wasm", settings), [undefined]);
  });

  test("refuses flags that are unknown or out of range, in one line", () => {
    const wrong = [
      ["--speed", "9"],
      ["--case", "trian"],
      ["--threads", "0"],
      ["--batch", "1.5"],
      ["--sparsity", "1"],
      ["--sparsity", ""],
      ["--engine", "gpu"],
      ["--build", "float32"],
      ["--engine", "reference,wasm", "--build", "relaxed"],
      ["--runs", "many"],
      ["train"],
    ];
    for (const args of wrong) {
      const error = assertThrows(() => parseArguments(args), UsageError);
      assertEquals((error as Error).message.split("\n").length, 1, args.join(" "));
    }
  });

  test("counts 72.4 million operations in a dense step of 32 images, as the multiplications of LeNet-5 say", () => {
    assertEquals(usefulFlops("train", 32), 72_445_440);
    assertEquals(usefulFlops("infer", 1), 2 * 416_520);
    assertEquals(usefulFlops("suppress", 32), undefined);
  });

  test("takes the middle of the runs, or the mean of the middle two", () => {
    assertEquals(median([3, 1, 2]), 2);
    assertEquals(median([4, 1, 3, 100]), 3.5);
  });

  test("has a valid module for the peak, whose chains add up", () => {
    void registerPeak("simd128").run();
  });

  test("masks every layer of the tutorial to the sparsity asked for", async () => {
    const { parameters } = (await openEngine()).program(lenet5(), { batchSize: 1 });
    await silence(parameters, 0.9);
    for (const [name, mask] of Object.entries(await parameters.masks())) {
      const suppressed = mask.filter((kept) => kept === 0).length;
      assertEquals(suppressed, Math.floor(mask.length * 0.9), name);
    }
  });

  test("repeats suppress operations from the same state, so that they never run out of weights", async () => {
    const { parameters } = (await openEngine()).program(lenet5(), { batchSize: 1, gradients: "parameters" });
    const operate = await operations(parameters, 0.5);
    const left = async () => (await parameters.masks())["fc1.weight"]!.reduce((sum, kept) => sum + kept, 0);
    await operate();
    const first = await left();
    for (let i = 0; i < 50; i++) await operate();
    assertEquals(await left(), first);
    assertEquals(first < 24_000, true);
  });

  test("writes protocol buffer fields as the format's own examples have them", () => {
    assertEquals([...integer(1, 150)], [0x08, 0x96, 0x01]);
    assertEquals([...delimited(2, "testing")], [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  });
});
