/**
 * What goes with frontier.json for people: a picture, a page that needs nothing else, and the table in Markdown.
 *
 * @module
 */
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileWhole } from "../../src/runtime/mod.ts";
import { frontierChart } from "./chart.ts";
import type { Record } from "./record.ts";
import { summaries } from "./summary.ts";
import { COLUMNS, legend, markdownTable } from "./table.ts";

/** Pixels of the PNG for each of the SVG. */
const ZOOM = 1.5;

/** A file of a package. */
async function packaged(specifier: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(import.meta.resolve(specifier))));
}

async function png(svg: string): Promise<Uint8Array> {
  await initWasm(await packaged("@resvg/resvg-wasm/index_bg.wasm"));
  const fonts = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) => packaged(`dejavu-fonts-ttf/ttf/${name}`));
  const font = { fontBuffers: await Promise.all(fonts), defaultFontFamily: "DejaVu Sans" };
  return new Resvg(svg, { font, fitTo: { mode: "zoom", value: ZOOM } }).render().asPng();
}

function page(svg: string, record: Record): string {
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  const body = summaries(record).map((one) => row("td", COLUMNS.map(([, cell]) => cell(one))));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Accuracy against leakage</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
svg { max-width: 100%; height: auto }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px; white-space: nowrap }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: left; font-variant-numeric: tabular-nums }
</style>
${svg}
<p>${escaped(legend(record))}</p>
<div class="wide"><table><thead>${row("th", COLUMNS.map(([name]) => name))}</thead><tbody>
${body.join("\n")}
</tbody></table></div>
</html>
`;
}

/** Shows a record in the files frontier.png, frontier.html and frontier.md (the table in Markdown) of a folder. */
export async function saveDrawings(folder: string, record: Record): Promise<void> {
  const all = summaries(record), { images } = record.conditions;
  const seeds = Math.max(...all.map((one) => one.seeds));
  const chance = Object.values(record.cells[0]!.attacks)[0]!.identified?.chance ?? 0.01;
  const subtitle =
    `LeNet-5 on ${
      record.data!.name
    }, ${record.conditions.epochs} epochs; ${images} images attacked by the output of ${record.conditions.layer}, ` +
    `seeds: ${seeds}; bars are 95 % intervals`;
  const svg = frontierChart(all, chance, subtitle);
  const write = (name: string, bytes: Uint8Array) => writeFileWhole(join(folder, `frontier.${name}`), bytes);
  await write("md", new TextEncoder().encode(markdownTable(all)));
  await write("html", new TextEncoder().encode(page(svg, record)));
  await write("png", await png(svg));
}
