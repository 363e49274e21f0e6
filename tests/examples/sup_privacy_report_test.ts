/** The report that sup_privacy prints as JSON. */
import { assert, assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { attackReport, leftOutSentence, reportText } from "../../examples/sup_privacy/report.ts";
import { sparsityOf } from "../../examples/sup_privacy/sparsity.ts";
import { attack, identified, REPORT } from "../support/sup_privacy_report.ts";

describe("the report of sup_privacy", () => {
  test("has exactly the names of the contract, in order", () => {
    const text = reportText(REPORT);
    const names = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? Object.entries(value).map(([name, inner]) => typeof inner === "object" ? [name, names(inner)] : name)
        : [];
    const attackNames = [
      "images",
      ...["l2", "ssim", "confidence"].map((name) => [name, ["mean", "low", "high"]]),
      "predictedRight",
      ["identified", ["mean", "low", "high", "chance"]],
    ];
    const kinds = ["inversion", "strongInversion", "decoderInversion"];
    const network = ["accuracy", ...kinds.map((kind) => [kind, attackNames])];
    assertEquals(names(JSON.parse(text)), [
      "seed",
      ["data", ["name", "train", "test"]],
      ["ordinary", network],
      ["suppressed", [...network, ["sparsity", ["total", ["layers", ["conv1.weight"]]]], "operations"]],
      ["unitSuppressed", [...network, "units", ["sparsity", ["total", ["layers", ["fc1.weight"]]]]]],
      "seconds",
    ]);
    assert(text.endsWith("}\n"));
  });

  test("takes from an evaluation what the contract names, and nothing without a judge", () => {
    const { identified: _, ...figures } = attack(0.8);
    const ranks = [1, 7], rest = { images: 2, decoys: 99, topFive: identified, medianRank: 4, ranks };
    const evaluation = {
      ...figures,
      dataRange: 1,
      undefined: { l2: 0, identification: 0 },
      identification: { ...rest, undefined: 0, identified },
      perImage: { l2: [0.8], ssim: [0.23], confidence: [0.9] },
    };
    assertEquals(attackReport(evaluation), attack(0.8));
    assertEquals(attackReport({ ...evaluation, identification: null }).identified, null);
    assertThrows(() => attackReport({ ...evaluation, confidence: null }), TypeError, "judge");
  });

  test("says how many images a figure leaves out, in a place of its own and a sentence, if it is any", () => {
    const { identified: _, ...figures } = attack(0.8);
    const perImage = { l2: [0.8, NaN], ssim: [0.23, 0.2], confidence: [0.9, 0.9] };
    const evaluation = { ...figures, dataRange: 1, identification: null, perImage };
    const leftOut = { l2: 1, identification: 2 };
    const report = attackReport({ ...evaluation, undefined: leftOut });
    assertEquals(report.undefined, leftOut);
    assertEquals(Object.keys(report).at(-1), "undefined");
    const sentence = " Left out: L2 is undefined for 1 black image, identification for 2 one-coloured images.";
    assertEquals(leftOutSentence([attack(0.8), report]), sentence);
    assertEquals(leftOutSentence([attack(0.8)]), "");
  });

  test("counts weights that are exactly zero, over all layers and in each", () => {
    const parameters = { a: Float32Array.of(0, 1e-9, -0, 3), b: Float32Array.of(1, 2), c: Float32Array.of(0) };
    assertEquals(sparsityOf(parameters, ["a", "b"]), { total: 1 / 3, layers: { a: 0.5, b: 0 } });
  });
});
