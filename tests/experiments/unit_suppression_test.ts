import { assert, assertEquals } from "#std/assert";
import { describe, test } from "node:test";
import { drawnDigits, openEngine } from "../../mod.ts";
import { SETTINGS } from "../../examples/frontier/settings.ts";
import { train } from "../../examples/frontier/train.ts";
import { MEASURES } from "./importance.ts";
import { tryOut } from "./trial.ts";
import { VARIANTS } from "./variants.ts";

describe("the experiments in suppression by unit", () => {
  // As many that the operations of three to seven epochs come out even.
  const samples = 384, digits = drawnDigits(samples), training = { train: digits, test: digits, samples, seed: 1 };

  test("compare with what the library does: ours is the frontier's, bit for bit", async () => {
    const engine = await openEngine({ threads: 1 }), setting = SETTINGS.find(({ id }) => id === "units-4")!;
    const { parameters } = await tryOut(engine, VARIANTS["ours"]!, 4, training);
    assertEquals(parameters, (await train(engine, setting, { ...training, epochs: 10 })).parameters);
  });

  test("leave as many units by every measure, and others by most", async () => {
    const engine = await openEngine({ threads: 1 }), chosen = new Set<string>();
    for (const importance of Object.keys(MEASURES)) {
      const { parameters } = await tryOut(engine, { importance, epochs: 7 }, 4, training);
      const weight = parameters["fc1.weight"]!;
      const living = Array.from({ length: 120 }, (_, unit) => unit).filter((unit) =>
        weight.subarray(400 * unit, 400 * unit + 400).some((value) => value !== 0)
      );
      assertEquals(living.length, 4, importance);
      chosen.add(living.join());
    }
    assert(chosen.size > Object.keys(MEASURES).length / 2, [...chosen].join("; "));
  });
});
