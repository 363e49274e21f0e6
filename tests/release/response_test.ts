import { assert, assertAlmostEquals, assertEquals, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { certifyCodes, Random, type RandomizedResponse, randomizedResponse, wilsonInterval } from "../../mod.ts";
import { respond } from "../../src/release/response.ts";

/** All codes are exchanged with all others. */
const overAll = (codes: number, epsilon: number) =>
  randomizedResponse({ epsilon, predictions: new Array(codes).fill(0) });

/** How probable it is that a code is sent as another one. */
function probability({ groups }: RandomizedResponse, code: number, sent: number): number {
  const { codes, kept, swapped } = groups[code]!;
  return code === sent ? kept : codes.includes(sent) ? swapped : 0;
}

/** The share of games that the best attacker wins: who names the candidate most likely to have sent what was sent. */
function played(codes: readonly number[], response: RandomizedResponse, candidates: number, games: number) {
  const random = new Random(9, 0), pool = codes.slice();
  let won = 0;
  for (let game = 0; game < games; game++) {
    for (let i = 0; i < candidates; i++) {
      const other = i + random.integer(pool.length - i);
      [pool[i], pool[other]] = [pool[other]!, pool[i]!];
    }
    const sent = respond(response, pool[0]!, random.bits() >>> 0);
    const likely = pool.slice(0, candidates).map((code) => probability(response, code, sent));
    const most = Math.max(...likely), best = [...likely.keys()].filter((i) => likely[i] === most);
    if (best[random.integer(best.length)] === 0) won++;
  }
  return wilsonInterval(won, games);
}

describe("randomised response", () => {
  test("sends the true code e^epsilon times as often as any other that is read alike, and none that is not", () => {
    const response = randomizedResponse({ epsilon: 1.5, predictions: [4, 8, 4, 4, 4, 6, 4] });
    const sent = new Array<number>(7).fill(0), numbers = 200_000, { kept, swapped } = response.groups[3]!;
    assertAlmostEquals(kept / swapped, Math.exp(1.5), 1e-12);
    assertAlmostEquals(kept + 4 * swapped, 1, 1e-12);
    for (let i = 0; i < numbers; i++) sent[respond(response, 3, Math.floor((i + 0.5) / numbers * 2 ** 32))]!++;
    sent.forEach((count, code) => assertAlmostEquals(count / numbers, probability(response, 3, code), 1e-5));
    assertEquals([respond(response, 6, 2 ** 32 - 1), respond(response, 0, 2 ** 32 - 1)], [4, 6]);
    assertEquals([respond(response, 1, 0), respond(response, 1, 2 ** 32 - 1)], [1, 1]);
  });

  test("lowers the bound as far as games say that the best attacker is held back", () => {
    const codes = Array.from({ length: 2000 }, (_, i) => Math.floor(Math.sqrt(i / 2000) * 7)),
      labels = codes.map(() => 0);
    const grouped = randomizedResponse({ epsilon: 1, predictions: [1, 2, 1, 1, 2, 2, 3, 3] });
    for (const response of [overAll(8, 2), grouped]) {
      const { value, anyCandidates } = certifyCodes(codes, labels, { candidates: 20, response });
      const { low, high } = played(codes, response, 20, 40_000);
      assert(low <= value && value <= high, `${value} is not within ${low} and ${high}`);
      assert(value < certifyCodes(codes, labels, { candidates: 20 }).value && value < anyCandidates);
    }
  });

  test("bounds any candidates: by e^epsilon, by the number of codes, and label by label", () => {
    const codes = Array.from({ length: 6000 }, (_, i) => i % 16), labels = codes.map(() => 0);
    for (const [epsilon, percent] of [[2, 5.3], [4, 12.5], [6, 15.4]] as const) {
      const certificate = certifyCodes(codes, labels, { response: overAll(16, epsilon) }), odds = Math.exp(epsilon);
      assertAlmostEquals(100 * certificate.value, percent, 0.05);
      assertAlmostEquals(certificate.anyCandidates, 0.16 * odds / (odds + 15), 1e-12);
      assertAlmostEquals(certificate.anyReadAlike!, odds / (odds + 99), 1e-12);
      assertAlmostEquals(2 ** certificate.bits, 100 * certificate.anyCandidates, 1e-9);
      assert(certificate.value <= certificate.anyCandidates && certificate.anyCandidates <= certificate.anyReadAlike!);
      assert(certificate.worst.value >= certificate.value);
    }
    assertEquals(certifyCodes(codes, labels).anyCandidates, 0.16);
    const two = certifyCodes(codes, labels, { candidates: 2, response: overAll(16, 1) });
    assertAlmostEquals(two.anyCandidates, (2 * Math.E + 14) / (Math.E + 15) / 2, 1e-12);
    // Eight predictions of two codes each: every one is told for certain, the code within by halves and a little.
    const response = randomizedResponse({ epsilon: 1, predictions: codes.slice(0, 16).map((code) => code >> 1) });
    const grouped = certifyCodes(codes, labels, { response });
    assertAlmostEquals(grouped.anyCandidates, 0.16 * Math.E / (Math.E + 1), 1e-12);
  });

  test("refuses codes that it could not send, and numbers that make no sense", () => {
    assertThrows(() => overAll(0, 1), RangeError, "the number of predictions is 0");
    assertThrows(() => overAll(4, 0), RangeError, "epsilon is 0");
    const options = { candidates: 2, response: overAll(2, 1) };
    assertThrows(() => certifyCodes([0, 2], [0, 0], options), RangeError, "codes[1] is 2");
  });
});
