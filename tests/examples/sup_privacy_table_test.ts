/** The table that sup_privacy prints, with its verdict and its caption. */
import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { parseArguments, type Settings } from "../../examples/sup_privacy/args.ts";
import { caption, wrapped } from "../../examples/sup_privacy/caption.ts";
import type { AttackReport } from "../../examples/sup_privacy/report.ts";
import { table } from "../../examples/sup_privacy/table.ts";
import { verdict } from "../../examples/sup_privacy/verdict.ts";
import { attack, REPORT } from "../support/sup_privacy_report.ts";

describe("the table of sup_privacy", () => {
  const lines = table(REPORT, 1).split("\n");

  test("shows the three networks with their intervals under the three attacks", () => {
    const text = lines.map((line) => line.split(/ {2,}/));
    assertEquals(text[0], ["", "ordinary", "suppressed", "8 units of fc1", "more private"]);
    assertEquals(text[2], ["accuracy", "95.0 % [94.0, 95.9]", "93.0 % [91.8, 94.0]", "94.0 % [92.9, 95.0]"]);
    assertEquals(text[3], ["weights left", "100.0 %", "5.0 %", "13.0 %"]);
    assertEquals(text[4], ["attack by sign steps"]);
    const share = "50.0 % [33.0, 67.0]";
    assertEquals(text[5], ["", "identified", share, share, share, "lower"]);
    const l2 = (...means: string[]) => ["", "L2 distance", ...means, "higher"];
    assertEquals(text[6], l2("0.82 [0.72, 0.92]", "0.78 [0.68, 0.88]", "0.90 [0.80, 1.00]"));
    assertEquals(text[8]![1], "confidence");
    assertEquals(text[11], l2("0.70 [0.60, 0.80]", "0.58 [0.48, 0.68]", "0.88 [0.78, 0.98]"));
    assertEquals(text[14], ["attack by learned decoder"]);
    for (const line of lines) assert(line.length <= 110, line);
  });

  test("shows no interval where one image gives none", () => {
    const one = { ...attack(0.8), images: 1, l2: { mean: 0.8, low: null, high: null } };
    const text = table({ ...REPORT, ordinary: { ...REPORT.ordinary, inversion: one } }, 1);
    assertStringIncludes(text, "L2 distance               0.80   ");
  });

  test("shows no identification where a digit has no other image", () => {
    const alone = { ...attack(0.8), identified: null };
    const text = table({ ...REPORT, ordinary: { ...REPORT.ordinary, inversion: alone } }, 1);
    assertStringIncludes(text, "identified                -   ");
  });

  test("says how many images a figure leaves out, and what they are", () => {
    const left = (of: AttackReport) => ({ ...of, undefined: { l2: 1, identification: 3 } });
    const suppressed = { ...REPORT.suppressed, inversion: left(REPORT.suppressed.inversion) };
    const report = { ...REPORT, suppressed };
    assertStringIncludes(table(report, 1), "0.78 [0.68, 0.88], 1 left out");
    assertStringIncludes(table(report, 1), "50.0 % [33.0, 67.0], 3 left out");
    const sentence = "Left out: L2 is undefined for 1 black image, identification for 3 one-coloured images.";
    const settings = parseArguments([]) as Settings;
    assertStringIncludes(caption(report, settings, "an engine", Infinity), sentence);
    assert(!caption(REPORT, settings, "an engine", Infinity).includes("Left out"));
    assertStringIncludes(caption(REPORT, settings, "an engine", Infinity), "1 if they are the same (data range 1)");
  });

  test("comes with a verdict by the worst attack, which calls networks different only where intervals are apart", () => {
    const network = (...shares: number[]) => {
      const [inversion, strongInversion, decoderInversion] = shares.map((mean) => ({
        ...attack(0.5),
        identified: { mean, low: mean - 0.05, high: mean + 0.05, chance: 0.01 },
      })) as [AttackReport, AttackReport, AttackReport];
      return { inversion, strongInversion, decoderInversion };
    };
    const sentence = verdict({
      ...REPORT,
      ordinary: { ...REPORT.ordinary, ...network(0.2, 0.7, 0.6) },
      suppressed: { ...REPORT.suppressed, ...network(0.1, 0.2, 0.78) },
      unitSuppressed: { ...REPORT.unitSuppressed, ...network(0.01, 0.12, 0.05) },
    });
    assertStringIncludes(sentence, "70.0 % of the cases for the ordinary network");
    assertStringIncludes(sentence, "78.0 % after suppression of weights (no fewer, to within the intervals)");
    assertStringIncludes(sentence, "12.0 % after suppression of units (fewer); a blind guess is right in 1.0 %");
    const alone = { ...attack(0.5), identified: null };
    const none = { inversion: alone, strongInversion: alone, decoderInversion: alone };
    assertStringIncludes(verdict({ ...REPORT, ordinary: { accuracy: 1, ...none } }), "too few images");
  });

  test("comes with a caption that names the images, the optimizers and the limits, within the columns", () => {
    const text = caption(REPORT, parseArguments(["--lr", "0.1"]) as Settings, "wasm (simd128)", 72);
    for (const line of text.split("\n")) assert(line.length <= 72, line);
    const flat = text.replaceAll("\n", " ");
    for (
      const said of [
        "2000 test images (drawn digits)",
        "30 training images drawn by seed 1 from the 8000",
        "with seed 2",
        "momentum 0.9, rate 0.01",
        "SGD, rate 0.1",
        "a stronger attacker may see more",
      ]
    ) assertStringIncludes(flat, said);
  });

  test("has its caption wrapped without losing a word", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}$/)), fc.integer({ min: 12, max: 40 }), (words, width) => {
        const lines = wrapped(words.join(" "), width).split("\n");
        assertEquals(lines.join(" "), words.join(" "));
        assert(lines.every((line) => line.length <= width));
      }),
    );
  });
});
