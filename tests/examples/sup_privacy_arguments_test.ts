/** The command line of sup_privacy: flags, their rules and their help. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { UsageError } from "../../examples/command_line.ts";
import { checkCounts, imageSettings, parseArguments, type Settings } from "../../examples/sup_privacy/args.ts";
import { FLAGS } from "../../examples/sup_privacy/flags.ts";
import { helpText } from "../../examples/sup_privacy/help.ts";
import { permissionError } from "../../examples/sup_privacy/permission.ts";
import { noNode } from "../support/here.ts";

const settingsOf = (...args: string[]): Settings => {
  const settings = parseArguments(args);
  if (settings === "help") throw new Error("asked for help");
  return settings;
};

const complaint = (...args: string[]): string => assertThrows(() => parseArguments(args), UsageError).message;

describe("the command line of sup_privacy", { skip: noNode }, () => {
  test("without arguments is the tutorial's job on drawn digits", () => {
    assertEquals(settingsOf(), {
      data: undefined,
      samples: undefined,
      epochs: 10,
      startEpoch: 3,
      maskTimes: undefined,
      lr: 0.05,
      sparseEnd: 0.95,
      units: 8,
      batchSize: 32,
      seed: 1,
      attackImages: 30,
      engine: undefined,
      out: undefined,
      json: false,
    });
  });

  test("takes every flag, with a blank or an equals sign", () => {
    const args =
      "--data d --samples=64 --epochs 4 --start-epoch=2 --mask-times 9 --lr 1e-2 --sparse-end=.5 --units 6 --batch-size 8" +
      " --seed 0 --attack-images 2 --engine wasm-simd128 --out=--odd --json";
    assertEquals(settingsOf(...args.split(" ")), {
      data: "d",
      samples: 64,
      epochs: 4,
      startEpoch: 2,
      maskTimes: 9,
      lr: 0.01,
      sparseEnd: 0.5,
      units: 6,
      batchSize: 8,
      seed: 0,
      attackImages: 2,
      engine: "wasm-simd128",
      out: "--odd",
      json: true,
    });
  });

  test("accepts the ends of each range and refuses what lies beyond, with the flag, the value and the rule", () => {
    for (const { name, rule } of FLAGS) {
      if (rule.kind !== "integer") continue;
      const rest = name === "epochs" ? ["--start-epoch", "1"] : name === "start-epoch" ? ["--epochs", "100"] : [];
      for (const value of [rule.low, rule.high]) parseArguments([`--${name}`, `${value}`, ...rest]);
      for (const value of [rule.low - 1, rule.high + 1, rule.low + 0.5, "1e1", "0x10", "NaN", " 7"]) {
        const message = complaint(`--${name}=${value}`, ...rest);
        assert(message.startsWith(`--${name} is `), message);
        assertStringIncludes(message, `must be a whole number from ${rule.low} to ${rule.high}`);
      }
    }
    assertEquals(settingsOf("--lr", "0.5").lr, 0.5);
    assertEquals(complaint("--lr", "0"), "--lr is 0; it must be a number above 0 and at most 0.5");
    assertEquals(complaint("--lr", "0.51"), "--lr is 0.51; it must be a number above 0 and at most 0.5");
    assertEquals(complaint("--sparse-end", "1"), "--sparse-end is 1; it must be a number above 0 and below 1");
    assertEquals(
      complaint("--engine", "gpu"),
      "--engine is gpu; it must be one of wasm, wasm-simd128, webgpu, reference",
    );
  });

  test("says in one line what is wrong: unknown flags, missing and surplus values, repetitions", () => {
    assertEquals(complaint("--foo"), "there is no flag --foo; see --help for those there are");
    assertEquals(complaint("foo"), "foo is not a flag; see --help for those there are");
    assertEquals(complaint("--no-json"), "there is no flag --no-json; see --help for those there are");
    assertEquals(complaint("--epochs"), "--epochs needs a value: --epochs N");
    assertEquals(complaint("--data", "--json"), "--data needs a value: --data DIR");
    assertEquals(complaint("--data="), '--data is ""; it must be the path of a folder; "." is the current one');
    assertEquals(complaint("--json=yes"), "--json takes no value, but got yes");
    assertEquals(complaint("--seed", "1", "--seed", "1"), "--seed is given twice; give it once");
  });

  test("gives settings or one line of complaint for any arguments whatever", () => {
    const words = fc.oneof(fc.constantFrom(...FLAGS.map(({ name }) => `--${name}`)), fc.string({ unit: "binary" }));
    fc.assert(fc.property(fc.array(words, { maxLength: 6 }), (args) => {
      try {
        parseArguments(args);
      } catch (error) {
        assert(error instanceof UsageError, String(error));
        // deno-lint-ignore no-control-regex
        assert(!/[\x00-\x1f]/.test(error.message), error.message);
      }
    }));
  });

  test("refuses a start after the end, and counts that the images do not allow", () => {
    assertStringIncludes(complaint("--epochs", "2"), "--start-epoch is 3 (its default); it must be at most --epochs");
    assertStringIncludes(complaint("--epochs", "5", "--start-epoch", "6"), "--start-epoch is 6; it must be at most");
    assertEquals(checkCounts(imageSettings(settingsOf()), 60_000, "MNIST train"), 60_000);
    assertEquals(checkCounts(imageSettings(settingsOf("--samples", "32")), 60_000, "MNIST train"), 32);
    const refused = (args: string[], available: number) =>
      assertThrows(() => checkCounts(imageSettings(settingsOf(...args)), available, "MNIST train"), UsageError).message;
    assertEquals(refused(["--samples", "70000"], 60_000), "--samples is 70000, but MNIST train has only 60000 images");
    assertStringIncludes(refused(["--samples", "31"], 60_000), "--batch-size is 32; it must be at most");
    assertStringIncludes(refused(["--attack-images", "41"], 40), "--attack-images is 41; it must be at most");
  });

  test("explains every flag with its default, wherever --help stands", () => {
    assertEquals(parseArguments(["--epochs", "0", "--help"]), "help");
    const help = helpText();
    for (const { name, fallback } of FLAGS) {
      const entry = help.slice(help.indexOf(`  --${name}`)).split(/\n {2}--/, 1)[0]!;
      assert(entry.startsWith(`  --${name}`), name);
      if (fallback !== undefined) assertStringIncludes(entry, `(default ${fallback})`);
    }
    for (const line of help.split("\n")) assert(line.length <= 120, line);
  });

  test("of Deno's refusals names the flags for the whole folder, and leaves other errors alone", () => {
    const refusal = Object.assign(new Error("Requires read access"), { name: "NotCapable" });
    const error = permissionError(new Error("cannot read", { cause: refusal }), "write", "out") as Error;
    assertStringIncludes(error.message, '--allow-read="out" --allow-write="out"');
    const other = new Error("broken");
    assertEquals(permissionError(other, "read", "out"), other);
  });
});
