/**
 * The frontier: what its command line asks for, that a run that was stopped goes on to the same figures, and what its
 * table and picture say.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FileError, type Interval } from "../../mod.ts";
import { UsageError } from "../../examples/command_line.ts";
import type { Cell, Conditions } from "../../examples/frontier/cell.ts";
import { frontierChart } from "../../examples/frontier/chart.ts";
import { saveDrawings } from "../../examples/frontier/drawings.ts";
import { frontierHelp, parseFrontierArguments } from "../../examples/frontier/flags.ts";
import { measureMissing, missingCells, worstOf } from "../../examples/frontier/measure_all.ts";
import { openRecord, type Record, recordPath, saveRecord } from "../../examples/frontier/record.ts";
import { SETTINGS } from "../../examples/frontier/settings.ts";
import { summaries, together } from "../../examples/frontier/summary.ts";
import { frontierTable, legend, markdownTable } from "../../examples/frontier/table.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "#std/assert";
import { inTemporaryFolder } from "../support/temporary_folder.ts";

const CONDITIONS: Conditions = {
  data: "drawn digits",
  samples: 300,
  epochs: 1,
  images: 6,
  restarts: 1,
  layer: "relu3",
};
const IMAGES = { data: undefined, samples: 300, seed: 1, counts: [["images", 6]] as const };

const without = ({ seconds: _, ...rest }: Cell) => rest;

describe("the command line of the frontier", () => {
  test("asks for three seeds, 200 images and every setting by default", () => {
    const settings = parseFrontierArguments([]);
    assert(settings !== "help");
    const { seeds, images, epochs, restarts, layer, out, only } = settings;
    assertEquals({ seeds, images, epochs, restarts, layer, out }, {
      seeds: 3,
      images: 200,
      epochs: 10,
      restarts: 1,
      layer: "relu3",
      out: "out/frontier",
    });
    assertEquals(only, SETTINGS.map(({ id }) => id));
  });

  test("knows the settings that are to be compared, each by its own name", () => {
    assertEquals(new Set(SETTINGS.map(({ id }) => id)).size, SETTINGS.length);
    const of = (family: string) => SETTINGS.filter((setting) => setting.family === family);
    assertEquals(of("weights").map(({ sparseEnd }) => sparseEnd), [0.8, 0.9, 0.95, 0.98, 0.99, 0.995]);
    for (const units of [4, 6, 8, 12, 16, 24, 48]) assert(of("units").some((setting) => setting.units === units));
    assertEquals(of("differential privacy").map(({ epsilon }) => epsilon), [1, 3, 8]);
    assert(of("units and weights").every(({ units, sparseEnd }) => sparseEnd! >= 1 - units! / 120));
    assertEquals(new Set(of("ordinary").map(({ optimizer }) => optimizer)), new Set(["momentum", "sgd"]));
  });

  test("explains every flag, and refuses what there is not", () => {
    for (const flag of ["--data DIR", "--seeds N", "--images N", "--only IDS", "--layer NAME"]) {
      assertStringIncludes(frontierHelp(), flag);
    }
    assertThrows(
      () => parseFrontierArguments(["--only", "sgd,units-5"]),
      UsageError,
      "--only names units-5; there are",
    );
    assertThrows(
      () => parseFrontierArguments(["--layer", "fc9"]),
      UsageError,
      "--layer is fc9; it must be one of conv1",
    );
    assertThrows(() => parseFrontierArguments(["--seeds", "0"]), UsageError, "--seeds is 0");
  });
});

describe("the measurement of the frontier", () => {
  const only = ["sgd", "units-4-weights-97", "epsilon-8"], again = only.slice(1);
  const measure = (record: Record, only: readonly string[], save: (record: Record) => Promise<void>, threads: number) =>
    measureMissing(
      record,
      missingCells(record, only, 1),
      { conditions: CONDITIONS, imageSettings: IMAGES },
      threads,
      save,
      () => {},
    );

  test("goes on where it was stopped, to the same figures, whatever the number of workers", () =>
    inTemporaryFolder(async (folder) => {
      const fresh = await openRecord(folder, CONDITIONS);
      assertEquals(missingCells(fresh, only, 2).map(({ setting, seed }) => `${setting} ${seed}`), [
        "sgd 1",
        "units-4-weights-97 1",
        "epsilon-8 1",
        "sgd 2",
        "units-4-weights-97 2",
        "epsilon-8 2",
      ]);
      const whole = await measure(fresh, only, () => Promise.resolve(), 2);
      // Stopped after the first cell was kept.
      const stop = new Error("stopped");
      const keepOne = async (record: Record) => {
        await saveRecord(folder, record);
        throw stop;
      };
      assertEquals(await measure(fresh, again, keepOne, 1).catch((error) => error), stop);
      const kept = await openRecord(folder, CONDITIONS);
      assertEquals(kept.cells.length, 1);
      assertEquals(missingCells(kept, again, 1).length, 1);
      const rest = await measure(kept, again, (record) => saveRecord(folder, record), 1);
      assertEquals(rest.cells.map(without), whole.cells.slice(1).map(without));
      assertEquals((await openRecord(folder, CONDITIONS)).cells, rest.cells);

      const [sgd, both, privately] = whole.cells;
      assertEquals([sgd, both, privately].map((cell) => cell!.setting), only);
      assertEquals(sgd!.weightsLeft, 1);
      // 4 units of fc1, and 3 % of the rest.
      assert(both!.weightsLeft < 0.07, `${both!.weightsLeft} of the weights are left`);
      assert(privately!.noiseMultiplier! > 0.3);
      for (const cell of whole.cells) {
        assertEquals(Object.keys(cell.attacks), [
          "sign",
          "adam-weak",
          "adam-middle",
          "adam-strong",
          "neighbours",
          "decoder",
        ]);
        for (const { images, identified, topFive, medianRank } of Object.values(cell.attacks)) {
          assert(topFive!.mean >= identified!.mean && medianRank! >= 1);
          assertEquals([images, identified!.low >= 0], [6, true]);
        }
        assertEquals([cell.membership.members, cell.membership.others], [50, 50]);
        assert(worstOf(cell) >= cell.attacks["sign"]!.identified!.mean);
      }

      await saveDrawings(folder, whole);
      const png = readFileSync(join(folder, "frontier.png")),
        html = readFileSync(join(folder, "frontier.html"), "utf8");
      assertEquals([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
      assert(!/(src|href)="?http/.test(html), "the page needs something from elsewhere");
      for (const { title } of SETTINGS.filter(({ id }) => only.includes(id))) assertStringIncludes(html, title);
    }));

  test("refuses a record of other conditions, and files that are no record", () =>
    inTemporaryFolder(async (folder) => {
      await saveRecord(folder, await openRecord(folder, CONDITIONS));
      await assertRejects(
        () => openRecord(folder, { ...CONDITIONS, images: 7 }),
        FileError,
        "was measured with images 6, not 7",
      );
      writeFileSync(recordPath(folder), "{}");
      await assertRejects(() => openRecord(folder, CONDITIONS), FileError, "is no record of a frontier");
    }));
});

describe("what the seeds say together", () => {
  const figure = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half });

  test("one seed has the interval of its images", () => {
    const { mean, low, high } = together([{ mean: 0.5, low: 0.4, high: 0.7 }]);
    assertEquals([mean, low].map((value) => Math.round(100 * value)), [50, 40]);
    assertAlmostEquals(high, 0.7, 1e-12);
  });

  test("four equal seeds have half of it", () => {
    const { low, high } = together(Array.from({ length: 4 }, () => figure(0.5, 0.1)));
    assertAlmostEquals(low, 0.45, 1e-12);
    assertAlmostEquals(high, 0.55, 1e-12);
  });

  test("seeds that differ by more than images explain have Student's interval, within its bounds", () => {
    const { mean, low, high } = together([figure(0.1, 0.01), figure(0.2, 0.01), figure(0.6, 0.01)], 1);
    assertAlmostEquals(mean, 0.3, 1e-12);
    // Standard deviation 0.2646 over the root of 3, times 4.3027.
    assertEquals(low, 0);
    assertAlmostEquals(high, 0.3 + 4.30265 * 0.264575 / Math.sqrt(3), 1e-4);
  });
});

describe("what the frontier shows", () => {
  const share = (mean: number) => ({ mean, low: mean * 0.9, high: Math.min(1, mean * 1.1), chance: 0.01 });
  const attack = (identified: number) => ({
    images: 200,
    l2: share(0.5),
    ssim: share(0.6),
    confidence: share(0.9),
    predictedRight: 0.9,
    identified: share(identified),
    topFive: share(identified),
    medianRank: 3,
  });
  const cell = (setting: string, seed: number, accuracy: number, decoder: number): Cell => ({
    setting,
    seed,
    accuracy,
    weightsLeft: 1,
    attacks: {
      "sign": attack(0.2),
      "adam-weak": attack(0.3),
      "adam-middle": attack(0.31),
      "adam-strong": attack(0.1),
      "neighbours": attack(0.05),
      "decoder": attack(decoder),
    },
    membership: {
      members: 1000,
      others: 1000,
      loss: { auc: share(0.5), truePositives: share(0.01) },
      calibrated: { auc: share(0.51), truePositives: share(0.01) },
    },
    seconds: { training: 1, attacks: 1 },
  });
  const record: Record = {
    version: 2,
    conditions: CONDITIONS,
    data: { name: "MNIST", train: 60_000, test: 10_000 },
    engine: "wasm",
    cells: [cell("sgd", 1, 0.99, 0.9), cell("sgd", 2, 0.98, 0.8), cell("units-8", 1, 0.985, 0.02)],
  };

  test("a row for each setting over its seeds, with the attack that identifies the most", () => {
    const [sgd, units] = summaries(record);
    assertEquals([sgd!.seeds, sgd!.worst, units!.seeds, units!.worst], [2, "decoder", 1, "adam-middle"]);
    assertAlmostEquals(sgd!.attacks["decoder"]!.identified.mean, 0.85, 1e-12);
    const lines = frontierTable(summaries(record)).split("\n");
    assertStringIncludes(lines[0]!, "learned decoder");
    assertStringIncludes(lines[2]!, "ordinary, SGD");
    assertStringIncludes(lines[2]!, "98.50 [");
    assertStringIncludes(lines[3]!, "31.0 [27.9, 34.1]");
    assertEquals(markdownTable(summaries(record)).split("\n").length, 5);
  });

  test("a legend that names SSIM's data range, and how many images the figures leave out", () => {
    assertStringIncludes(legend(record), "SSIM (data range 1)");
    assert(!legend(record).includes("Left out"));
    const [first, ...cells] = record.cells, sign = { ...attack(0.2), undefined: { l2: 2, identification: 2 } };
    const with2 = { cells: [{ ...first!, attacks: { ...first!.attacks, sign } }, ...cells] };
    const sentence = " Left out: L2 is undefined for 2 black images, identification for 2 one-coloured images.";
    assert(legend(with2).endsWith(sentence), legend(with2));
  });

  test("a picture with a point, its intervals and a name for each setting", () => {
    const svg = frontierChart(summaries(record), 0.01, "a <test>");
    assertEquals(svg.match(/<g><title>/g)!.length, 2);
    assertStringIncludes(svg, "8 units of fc1: accuracy 98.5 %, 31 % identified [27.9 %, 34.1 %]");
    assertStringIncludes(svg, "a &lt;test>");
    assert(!svg.includes("NaN"), "a place is not a number");
  });
});
