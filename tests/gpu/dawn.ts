/** The cases in Node and Bun, on Dawn (npm's package `webgpu`): a line of JSON for each. */
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runCases } from "./run_cases.ts";

const require = createRequire(fileURLToPath(new URL("./dawn/package.json", import.meta.url)));
const { create, globals } = require("webgpu") as { create(flags: string[]): GPU; globals: object };
Object.assign(globalThis, globals);

const gpu = create([]);
const print = (result: object) => console.log(JSON.stringify(result));
if (await gpu.requestAdapter()) await runCases(gpu, print, process.argv[2] ?? "");
else print({ skipped: "Dawn finds no adapter" });
print({ done: true });
// Dawn keeps the process alive.
process.exit(0);
