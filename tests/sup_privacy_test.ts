import { assert, assertEquals, assertStringIncludes, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { UsageError } from "../examples/command_line.ts";
import { checkCounts, imageSettings, parseArguments, type Settings } from "../examples/sup_privacy/args.ts";
import { caption, wrapped } from "../examples/sup_privacy/caption.ts";
import { chosenIndices } from "../examples/sup_privacy/choice.ts";
import { contactSheet } from "../examples/sup_privacy/contact_sheet.ts";
import { drawRow, fitting } from "../examples/sup_privacy/drawing.ts";
import { FLAGS } from "../examples/sup_privacy/flags.ts";
import { helpText } from "../examples/sup_privacy/help.ts";
import { permissionError } from "../examples/sup_privacy/permission.ts";
import { pictures } from "../examples/sup_privacy/pictures.ts";
import { duration, Progress, progressBar } from "../examples/sup_privacy/progress.ts";
import { type AttackReport, attackReport, type Report, reportText } from "../examples/sup_privacy/report.ts";
import { shrunk } from "../examples/sup_privacy/scaling.ts";
import { sparsityOf } from "../examples/sup_privacy/sparsity.ts";
import { table } from "../examples/sup_privacy/table.ts";
import { verdict } from "../examples/sup_privacy/verdict.ts";
import { columnsOf } from "../examples/sup_privacy/terminal.ts";
import { noNode } from "./here.ts";

const settingsOf = (...args: string[]): Settings => {
  const settings = parseArguments(args);
  if (settings === "help") throw new Error("asked for help");
  return settings;
};

const complaint = (...args: string[]): string => assertThrows(() => parseArguments(args), UsageError).message;

const interval = (mean: number) => ({ mean, low: mean - 0.1, high: mean + 0.1 });

const identified = { mean: 0.5, low: 0.33, high: 0.67, chance: 0.01 };

const attack = (l2: number): AttackReport => ({
  images: 30,
  l2: interval(l2),
  ssim: interval(0.23),
  confidence: interval(0.9),
  predictedRight: 0.8,
  identified,
});

const attacks = (sign: number, adam: number) => ({
  inversion: attack(sign),
  strongInversion: attack(adam),
  decoderInversion: attack(0.4),
});

const REPORT: Report = {
  seed: 1,
  data: { name: "drawn digits", train: 8000, test: 2000 },
  ordinary: { accuracy: 0.95, ...attacks(0.82, 0.7) },
  suppressed: {
    accuracy: 0.93,
    ...attacks(0.78, 0.58),
    sparsity: { total: 0.95, layers: { "conv1.weight": 0.93 } },
    operations: 79,
  },
  unitSuppressed: {
    accuracy: 0.94,
    ...attacks(0.9, 0.88),
    units: 8,
    sparsity: { total: 0.87, layers: { "fc1.weight": 0.93 } },
  },
  seconds: 12.345,
};

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
      identification: { ...rest, identified },
      perImage: { l2: [0.8], ssim: [0.23], confidence: [0.9] },
    };
    assertEquals(attackReport(evaluation), attack(0.8));
    assertEquals(attackReport({ ...evaluation, identification: null }).identified, null);
    assertThrows(() => attackReport({ ...evaluation, confidence: null }), TypeError, "judge");
  });

  test("counts weights that are exactly zero, over all layers and in each", () => {
    const parameters = { a: Float32Array.of(0, 1e-9, -0, 3), b: Float32Array.of(1, 2), c: Float32Array.of(0) };
    assertEquals(sparsityOf(parameters, ["a", "b"]), { total: 1 / 3, layers: { a: 0.5, b: 0 } });
  });
});

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
    const text = caption(REPORT, settingsOf("--lr", "0.1"), "wasm (simd128)", 72);
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

describe("the pictures of sup_privacy", () => {
  /** `count` images, image i of one grey i / count. */
  const flat = (count: number) => Float32Array.from({ length: count * 1024 }, (_, i) => Math.floor(i / 1024) / count);
  // deno-lint-ignore no-control-regex
  const plain = (line: string) => line.replaceAll(/\x1b\[[\d;]*m/g, "");

  test("shrink the middle of an image by area, so that its mean stays", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (width, height) => {
      const image = Float32Array.from({ length: 1024 }, (_, i) => (i * 37 % 101) / 101);
      const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const small = shrunk(image, 32, 24, width, height);
      assertEquals(small.length, width * height);
      assert(Math.abs(mean(small) - mean(shrunk(image, 32, 24, 24, 24))) < 1e-5);
    }));
    const ramp = Float32Array.from({ length: 1024 }, (_, i) => i % 32);
    assertEquals([...shrunk(ramp, 32, 24, 2, 1)], [9.5, 21.5]);
  });

  test("fill the columns and never more, and show fewer images in a narrow terminal", () => {
    for (const ink of ["greys", "shades"] as const) {
      for (let columns = 40; columns <= 200; columns++) {
        const { images, width } = fitting(ink, columns, 8);
        assert(images >= 1 && images * (width + 1) - 1 <= columns);
        for (const line of drawRow(flat(8), images, width, ink)) assert(plain(line).length <= columns);
      }
    }
    assertEquals(fitting("greys", 80, 8), { images: 8, width: 9 });
    assertEquals(fitting("greys", 40, 8).images, 4);
    assertEquals(fitting("shades", 100, 3).images, 3);
  });

  test("are grey half blocks on a terminal", () => {
    const [line] = drawRow(flat(2), 2, 4, "greys");
    assertEquals(plain(line!), "▀▀▀▀ ▀▀▀▀");
    assertEquals(line!.split("\x1b[38;5;232;48;5;232m").length - 1, 4); // the first image is black,
    assertEquals(line!.split("\x1b[38;5;244;48;5;244m").length - 1, 4); // the second half grey
    assert(line!.endsWith("\x1b[0m"));
  });

  test("are shades of characters elsewhere, whatever the values", () => {
    assertEquals(drawRow(new Float32Array(1024).fill(1), 1, 4, "shades"), ["@@@@", "@@@@"]);
    assertEquals(drawRow(new Float32Array(1024).fill(2), 1, 4, "shades"), ["@@@@", "@@@@"]);
    assertEquals(drawRow(new Float32Array(1024).fill(-1), 1, 4, "shades"), ["", ""]);
  });

  test("are labelled rows: originals, then each attack on the ordinary and the suppressed network", () => {
    const rows = { sign: { images: flat(3) }, adam: { images: flat(3) }, decoder: { images: flat(3) } };
    const inversions = { ordinary: rows, suppressed: rows, unitSuppressed: rows };
    const text = pictures({ originals: flat(3), inversions }, 100, "shades");
    const labels = text.split("\n").filter((line) => /^[a-z]/.test(line));
    const three = (attack: string) =>
      ["ordinary", "suppressed", "suppressed by unit"].map((name) => `${name}, ${attack}`);
    assertEquals(labels, ["original", ...three("sign steps"), ...three("Adam"), ...three("learned decoder")]);
    assertStringIncludes(text, "The first 3 of the attacked images");
  });

  test("are put on a contact sheet, twice as large, each original above its inversion", () => {
    const { width, height, data } = contactSheet(new Float32Array(12 * 1024).fill(1), new Float32Array(12 * 1024));
    assertEquals(data.length, width * height);
    assertEquals([width, height], [700, 300]); // ten beside each other, in two bands
    const count = (value: number) => data.reduce((sum, pixel) => sum + (pixel === value ? 1 : 0), 0);
    assertEquals([count(255), count(0)], [12 * 64 * 64, 12 * 64 * 64]);
    assertEquals([data[12 * width + 12], data[(12 + 63) * width + 12]], [255, 255]);
    assertEquals([data[(12 + 68) * width + 12], data[11 * width + 12]], [0, 96]);
    const one = contactSheet(flat(1), flat(1));
    assertEquals(one.width, 88);
  });
});

describe("the progress of sup_privacy", () => {
  const screenOf = (terminal: boolean, columns = 80) => {
    const shown = { text: "", seconds: 0 };
    const screen = {
      write: (text: string) => void (shown.text += text),
      terminal,
      columns,
      clock: () => shown.seconds,
    };
    return { shown, progress: new Progress(screen, 2) };
  };

  test("is a bar with facts and the time left on a terminal, which other lines replace", () => {
    const { shown, progress } = screenOf(true);
    progress.begin("training");
    shown.seconds = 10;
    progress.update(0.25, ["epoch 1/4", "loss 0.50"]);
    assertStringIncludes(shown.text, "\r1/2 training  ██████░░░░░░░░░░░░░░░░░░  epoch 1/4  loss 0.50  30 s left");
    const before = shown.text;
    progress.update(0.26, []); // too soon to be drawn again
    assertEquals(shown.text, before);
    progress.end(["accuracy 90 %"]);
    // The bar is overwritten with blanks before the line that stays.
    assert(/\r {60,}\r1\/2 training: done in 10 s {2}accuracy 90 %\n$/.test(shown.text), JSON.stringify(shown.text));
  });

  test("is a plain line now and then elsewhere", () => {
    const { shown, progress } = screenOf(false);
    progress.begin("training");
    for (shown.seconds = 0; shown.seconds < 25; shown.seconds++) progress.update(shown.seconds / 25, ["loss 0.50"]);
    progress.end();
    progress.begin("attack");
    progress.end();
    assertEquals(shown.text.split("\n"), [
      "1/2 training: 40 %  loss 0.50  15 s left",
      "1/2 training: 80 %  loss 0.50  5 s left",
      "1/2 training: done in 25 s",
      "2/2 attack: done in 0 s",
      "",
    ]);
  });

  test("leaves out the first facts where the terminal is narrow, and never exceeds it", () => {
    const facts = ["epoch 10/10", "loss 0.12", "accuracy 97.1 %", "silent 94.8 %"];
    const standing = { stage: 4, stages: 8, title: "training suppressed", share: 0.9, facts, secondsLeft: 4 };
    for (let columns = 40; columns <= 200; columns++) assert(progressBar(standing, columns).length <= columns);
    assert(!progressBar(standing, 79).includes("epoch"));
    assertStringIncludes(progressBar(standing, 79), "silent 94.8 %  4 s left");
    assertStringIncludes(progressBar(standing, 120), "epoch 10/10");
  });

  test("tells durations in words, and takes the columns only from a terminal that says so", () => {
    assertEquals([duration(0.4), duration(59), duration(59.6), duration(185)], [
      "0 s",
      "59 s",
      "1 min 0 s",
      "3 min 5 s",
    ]);
    assertEquals(columnsOf({ isTTY: true, columns: 120 }, 80), 120);
    assertEquals(columnsOf({ isTTY: true, columns: 0 }, 80), 80);
    assertEquals(columnsOf({ columns: 120 }, 100), 100);
    assertEquals(columnsOf({ isTTY: true, columns: 5000 }, 80), 200);
  });
});
