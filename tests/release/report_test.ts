import { assert } from "#std/assert";
import { describe, test } from "node:test";
import { certifyCodes, explainCertificate, randomizedResponse } from "../../mod.ts";

const labels = Array.from({ length: 600 }, (_, image) => image % 2),
  codes = labels.map((label, i) => i < 12 ? 2 : label);

describe("a certificate in words", () => {
  test("says the figures, of which images, and what is not covered", () => {
    const text = explainCertificate(certifyCodes(codes, labels));
    for (
      const part of [
        "among 100 of its label more often than in 1.91 %",
        "a blind guess: 1.00 %",
        "over all 600 images",
        "3 codes: 1.6 bits",
        "3.0-fold",
        "The rarest code of a label has 6 images; 2.00 % of all images share theirs with fewer than 10",
        "count those that nobody trained on",
        "Not covered:\n- The label",
      ]
    ) assert(text.includes(part), `${part} is not in:\n${text}`);
  });

  test("says more where more is known", () => {
    const response = randomizedResponse({ epsilon: 2, predictions: [0, 1, 0] });
    const images = Float32Array.from({ length: 1200 }, (_, i) => (i * 7) % 11);
    const options = { response, images, unseenConfidence: 0.95, candidates: 100 };
    const certificate = certifyCodes(codes, labels, options), text = explainCertificate(certificate);
    for (const part of ["6.95 % a certain one", "at a confidence of 95.0 %", "No reconstruction from code and label"]) {
      assert(text.includes(part), `${part} is not in:\n${text}`);
    }
    assert(!text.includes("count those"));
  });
});
