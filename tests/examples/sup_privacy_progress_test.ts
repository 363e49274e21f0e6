/** What sup_privacy shows while it works. */
import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import { describe, test } from "node:test";
import { duration, Progress, progressBar } from "../../examples/sup_privacy/progress.ts";
import { columnsOf } from "../../examples/sup_privacy/terminal.ts";

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
