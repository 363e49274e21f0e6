/** The pictures that sup_privacy draws: on a terminal, elsewhere, and on contact sheets. */
import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import { contactSheet } from "../../examples/sup_privacy/contact_sheet.ts";
import { drawRow, fitting } from "../../examples/sup_privacy/drawing.ts";
import { pictures } from "../../examples/sup_privacy/pictures.ts";
import { shrunk } from "../../examples/sup_privacy/scaling.ts";

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
