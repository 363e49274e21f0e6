import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { certifyCodes, Random, randomizedResponse, wilsonInterval } from "../../mod.ts";
import { respond } from "../../src/release/response.ts";

describe("randomised response", () => {
  test("sends the true code e^epsilon times as often as any other, which are equally likely", () => {
    const response = randomizedResponse({ codes: 5, epsilon: 1.5 }), sent = new Array<number>(5).fill(0);
    assertAlmostEquals(response.kept / response.swapped, Math.exp(1.5), 1e-12);
    assertAlmostEquals(response.kept + 4 * response.swapped, 1, 1e-12);
    const numbers = 200_000;
    for (let i = 0; i < numbers; i++) sent[respond(response, 3, Math.floor((i + 0.5) / numbers * 2 ** 32))]!++;
    sent.forEach((count, code) =>
      assertAlmostEquals(count / numbers, code === 3 ? response.kept : response.swapped, 1e-5)
    );
    assertEquals([respond(response, 4, 2 ** 32 - 1), respond(response, 0, 2 ** 32 - 1)], [3, 4]);
  });

  test("lowers the bound as games say that the best attacker plays", () => {
    const random = new Random(9, 0),
      codes = Array.from({ length: 2000 }, (_, i) => Math.floor(Math.sqrt(i / 2000) * 7));
    const response = randomizedResponse({ codes: 8, epsilon: 2 }), candidates = 20;
    const { value, anyCandidates } = certifyCodes(codes, codes.map(() => 0), { candidates, response });
    const pool = codes.slice(), games = 40_000;
    let won = 0;
    for (let game = 0; game < games; game++) {
      for (let i = 0; i < candidates; i++) {
        const other = i + random.integer(pool.length - i);
        [pool[i], pool[other]] = [pool[other]!, pool[i]!];
      }
      const sent = respond(response, pool[0]!, random.bits() >>> 0);
      const likeliest = Array.from({ length: candidates }, (_, i) => i).filter((i) => pool[i] === sent);
      const among = likeliest.length > 0 ? likeliest : Array.from({ length: candidates }, (_, i) => i);
      if (among[random.integer(among.length)] === 0) won++;
    }
    const { low, high } = wilsonInterval(won, games);
    assert(low <= value && value <= high, `${value} is not within ${low} and ${high}`);
    assert(value < anyCandidates && anyCandidates <= Math.exp(2) / (Math.exp(2) + candidates - 1));
  });

  test("bounds any candidates: by e^epsilon, and by the number of codes", () => {
    const codes = Array.from({ length: 1000 }, (_, i) => i % 16), labels = codes.map(() => 0);
    for (const [epsilon, percent] of [[2, 5.3], [4, 12.5], [6, 15.4]] as const) {
      const certificate = certifyCodes(codes, labels, { response: randomizedResponse({ codes: 16, epsilon }) });
      assertAlmostEquals(100 * certificate.value, percent, 0.05);
      assertAlmostEquals(certificate.anyCandidates, 0.16 * Math.exp(epsilon) / (Math.exp(epsilon) + 15), 1e-12);
      assertAlmostEquals(2 ** certificate.bits, 100 * certificate.anyCandidates, 1e-9);
      assert(certificate.value <= certificate.anyCandidates);
      assert(certificate.worst.value >= certificate.value);
    }
    assertEquals(certifyCodes(codes, labels).anyCandidates, 0.16);
    const few = certifyCodes(codes, labels, { candidates: 2, response: randomizedResponse({ codes: 16, epsilon: 1 }) });
    assertAlmostEquals(few.anyCandidates, (2 * Math.E + 14) / (Math.E + 15) / 2, 1e-12);
  });

  test("refuses codes that it could not send, and numbers that make no sense", () => {
    assertThrows(() => randomizedResponse({ codes: 1, epsilon: 1 }), RangeError, "codes is 1");
    assertThrows(() => randomizedResponse({ codes: 4, epsilon: 0 }), RangeError, "epsilon is 0");
    const response = randomizedResponse({ codes: 2, epsilon: 1 });
    assertThrows(() => certifyCodes([0, 2], [0, 0], { candidates: 2, response }), RangeError, "codes[1] is 2");
  });
});
