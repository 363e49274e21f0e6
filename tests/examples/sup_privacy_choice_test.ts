/** Which images sup_privacy attacks. */
import { assert, assertEquals } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { chosenIndices } from "../../examples/sup_privacy/choice.ts";

describe("the attacked images", () => {
  test("are different ones, and the same for a seed: more of them begin with the fewer", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 99 }), fc.nat(), (n, more, seed) => {
        const chosen = chosenIndices(n, n + more, seed);
        assertEquals(new Set(chosen).size, n);
        assert(chosen.every((index) => index >= 0 && index < n + more));
        assertEquals(chosenIndices(Math.ceil(n / 2), n + more, seed), chosen.slice(0, Math.ceil(n / 2)));
      }),
    );
    assert(chosenIndices(5, 1000, 1).join() !== chosenIndices(5, 1000, 2).join());
  });

  test("are drawn from everywhere about equally often", () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 2000; seed++) for (const index of chosenIndices(3, 10, seed)) counts[index]!++;
    for (const count of counts) assert(Math.abs(count - 600) < 100, counts.join());
  });
});
