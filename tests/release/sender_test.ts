import { assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "#std/assert";
import { describe, test } from "node:test";
import { CodeSender, mergeRareCodes, randomizedResponse } from "../../mod.ts";

const table = mergeRareCodes({ codes: 6, population: [0, 1, 2, 3, 4, 5], predictions: [7, 7, 7, 3, 3, 1], least: 0 });
const response = randomizedResponse({ epsilon: 1, predictions: table.predictions });
const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
const image = (number: number) => Uint8Array.of(number, number >> 8, 255);

describe("a device that sends codes", () => {
  test("answers an image always alike, another one by its own chance, and no two devices alike", async () => {
    const all = Array.from({ length: 4000 }, (_, i) => i);
    const answers = (sender: CodeSender) => Promise.all(all.map((i) => sender.send(1, image(i))));
    const sent = await answers(new CodeSender({ table, response, key }));
    assertEquals(await answers(new CodeSender({ table, response, key })), sent);
    assertNotEquals(await answers(new CodeSender({ table, response })), sent);
    const shares = [0, 1, 2, 3].map((code) => sent.filter((one) => one === code).length / 4000);
    const { kept, swapped } = response.groups[1]!;
    // Five standard errors.
    [swapped, kept, swapped, 0].forEach((share, code) =>
      assertAlmostEquals(shares[code]!, share, 5 * Math.sqrt(share * (1 - share) / 4000))
    );
    assertEquals(await new CodeSender({ table, response, key }).send(5, image(0)), 5);
  });

  // Reckoned by Python's hmac and hashlib.
  test("has the same chance in every runtime", async () => {
    const sender = new CodeSender({ table, response, key });
    const sent = await Promise.all(Array.from({ length: 12 }, (_, i) => sender.send(1, image(i))));
    assertEquals(sent.join(""), "012220212102");
  });

  test("sends what the table says where nothing is left to chance", async () => {
    const merged = mergeRareCodes({ codes: 3, population: [0, 0, 1], predictions: [5, 5, 5], least: 2 });
    const sender = new CodeSender({ table: merged });
    assertEquals(await Promise.all([0, 1, 2].map((code) => sender.send(code, image(code)))), [0, 0, 0]);
    await assertRejects(() => sender.send(3, image(0)), RangeError, "code is 3; it must be an integer from 0 to 2");
  });

  test("refuses a response over other codes and a key that is too short", () => {
    const other = randomizedResponse({ epsilon: 1, predictions: [1, 2] });
    assertThrows(
      () => new CodeSender({ table, response: other }),
      RangeError,
      "response is over 2 codes, but the table sends 6",
    );
    const short = new Uint8Array(15);
    assertThrows(() => new CodeSender({ table, response, key: short }), RangeError, "the length of key is 15");
  });
});
