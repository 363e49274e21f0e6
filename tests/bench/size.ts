/**
 * Measures what the library costs before it computes: its bytes, bundled and minified by esbuild, beside those of
 * jax-js, where they go, and the time that each runtime takes to import it and to open an engine.
 *
 *     deno task bench:size [--runs 10]
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { openBrowser } from "../runtimes/browsers.ts";
import { bundle, bundleWithMap, firstLoad } from "../runtimes/bundle.ts";
import { checkout, install, program } from "../runtimes/tools.ts";
import { median } from "./measure.ts";
import { gzipByPart } from "./parts.ts";
import { peers } from "./runtimes.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "10" } } });
const runs = Number(values.runs);
if (!(runs >= 1)) throw new RangeError("--runs must be a number from 1");
install();

const { exports } = JSON.parse(readFileSync(join(checkout, "deno.json"), "utf8")) as {
  exports: Record<string, string>;
};
const from = (path: string) => JSON.stringify(join(checkout, path));
const ENTRIES: [string, string][] = [
  ["everything", Object.values(exports).map((path) => `export * from ${from(path)};`).join("\n")],
  ...Object.entries(exports).map(([entry, path]): [string, string] => [entry, `export * from ${from(path)};`]),
  ["an engine and checkpoints", `export { decodeCheckpoint, openEngine, sequential } from ${from("mod.ts")};`],
  [
    "engines, layers, training",
    `export * from ${from("src/nn/mod.ts")}; export { accuracy, Dataset, Model, openEngine } from ${from("mod.ts")};`,
  ],
  ["jax-js, everything", `export * from ${JSON.stringify(join(peers(), "node_modules/@jax-js/jax/dist/index.js"))};`],
];

/** Bytes, compressed file by file. */
const gzipped = (files: readonly Uint8Array[]) =>
  files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);

console.log("bytes                       minified   gzip  brotli  gzip of the first load if split");
for (const [entry, source] of ENTRIES) {
  const bytes = await bundle(source, { minify: true });
  const sizes = [bytes.length, gzipped([bytes]), brotliCompressSync(bytes).length, gzipped(await firstLoad(source))];
  console.log(`${entry.padEnd(28)}${sizes.map((size) => String(size).padStart(7)).join(" ")}`);
}

console.log("\ngzip of everything, less that of everything without...");
const { code, map } = await bundleWithMap(ENTRIES[0]![1]);
for (const [part, bytes] of gzipByPart(code, map)) console.log(`${part.padEnd(28)}${String(bytes).padStart(7)}`);

const script = join(checkout, "tests/bench/import_and_open.ts");
const PROCESSES: [string, string, string[]][] = [
  ["Deno", process.versions.deno ? process.execPath : "deno", ["run", "--no-prompt", "--allow-read", script]],
  ["Bun", program("bun/bin/bun.exe"), [script]],
  ["Node 22", program("node22/bin/node"), [script]],
  ["Node 24", program("node24/bin/node"), [script]],
];

console.log(`\nimporting the sources and opening an engine in a fresh process or page, median of ${runs}`);
const tell = (name: string, times: readonly number[]) =>
  console.log(`${name.padEnd(28)}${median(times).toFixed(1).padStart(7)} ms`);
for (const [name, command, args] of PROCESSES) {
  const time = () => Number(execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  // The first one fills the runtime's caches.
  time();
  tell(name, Array.from({ length: runs }, time));
}
const module = await bundle(`export { openEngine } from ${from("mod.ts")};`, { minify: true });
const CODE = `(async () => {
  const start = performance.now();
  await (await import("/module.js")).openEngine();
  return performance.now() - start;
})()`;
for (const kind of ["Chromium", "Firefox"] as const) {
  const browser = await openBrowser(kind, true, kind), times: number[] = [];
  for (let i = 0; i <= runs; i++) times.push(await browser.evaluate<number>(module, CODE));
  await browser.close();
  tell(`${kind}, from a bundle`, times.slice(1));
}
process.exit();
