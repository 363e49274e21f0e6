/**
 * The package as npm gives it: packed, installed in an empty project, trained with in Node, Bun and a page, its types
 * looked at by a compiler.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, target } from "../../.ci/npm.ts";
import { assert, assertEquals } from "#std/assert";
import { openBrowser } from "./browsers.ts";
import type { Outcome } from "./outcome.ts";
import { checkout, npm, program } from "./tools.ts";

const { exports } = JSON.parse(readFileSync(join(checkout, "deno.json"), "utf8")) as {
  exports: Record<string, string>;
};
/** The subpaths: "attack", ... */
const SUBPATHS = Object.keys(exports).flatMap((entry) => entry === "." ? [] : [entry.replace("./", "")]);

/** Trains and looks at every entry; says what came out, which must be the same everywhere. */
const SCRIPT = `
import * as tacet from "@tacet/tacet";
${SUBPATHS.map((path) => `import * as ${path} from "@tacet/tacet/${path}";`).join("\n")}

const rooms = { ${SUBPATHS.join(", ")} };
/** Entries that are empty, and what a room and the main entry have under one name, but not as one thing. */
const strange = Object.entries(rooms).flatMap(([room, all]) => [
  ...(Object.keys(all).length === 0 ? [room] : []),
  ...Object.keys(all).filter((name) => name in tacet && tacet[name] !== all[name]),
]);

export async function result() {
  const engine = await tacet.openEngine({ build: "simd128" });
  const digits = new data.Dataset(data.drawnDigits(4000), { size: [32, 32] }), network = nn.lenet5();
  const model = new train.SuppressModel({
    engine, network, optimizer: nn.sgd({ lr: 0.05 }), metrics: { accuracy: metrics.accuracy() },
    suppress: { layers: suppress.lenet5MaskLayers(), maskTimes: 50, sparseEnd: 0.9 },
  });
  await model.train(8, digits);
  const again = checkpoint.decodeCheckpoint(checkpoint.encodeCheckpoint(await model.checkpoint(), { storage: "living" }));
  const { accuracy } = await model.eval(digits), { total } = await model.sparsity();
  const same = strange.length === 0 && typeof runtime.writeFileWhole === "function" && !("writeFileWhole" in tacet);
  return { accuracy, masked: total.masked, step: again.step, same, wasm: wasm.wasmBytes("relaxed").length > 10_000 };
}
`;

/** Compiles only if the declarations are found and say what they should. */
const TYPES = `
import { type Engine, lenet5, type Network, openEngine } from "@tacet/tacet";
import type { InversionEvaluation } from "@tacet/tacet/attack";
import type { Checkpoint } from "@tacet/tacet/checkpoint";
import { mnist } from "@tacet/tacet/data";
import { wasmBytes, type WasmBuild } from "@tacet/tacet/wasm";
export const engine: Promise<Engine> = openEngine(), network: Network = lenet5({ seed: 1 });
export const bytes: (build: WasmBuild) => Uint8Array = wasmBytes;
${SUBPATHS.map((path) => `import type * as ${path}Room from "@tacet/tacet/${path}";`).join("\n")}
export type Rooms = [${SUBPATHS.map((path) => `typeof ${path}Room`).join(", ")}];
export type All = [Checkpoint, InversionEvaluation, typeof mnist];
// @ts-expect-error: a seed is a number.
lenet5({ seed: "1" });
`;

interface Result {
  readonly accuracy: number;
  readonly masked: number;
  readonly step: number;
  readonly same: boolean;
  readonly wasm: boolean;
}

/** Throws unless the package trained; returns what must be the same everywhere. */
function checked(result: Result): string {
  const { accuracy, masked, step, same, wasm } = result;
  assert(accuracy > 0.5, `an accuracy of ${accuracy} over the images trained with`);
  assert(masked > 0.85, `only ${masked} of the weights are masked`);
  assertEquals([step, same, wasm], [1000, true, true]);
  return JSON.stringify(result);
}

/** Runs each check, and tells which failed. */
export async function checkPackage(browsers: readonly ("Chromium" | "Firefox")[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [], project = await mkdtemp(join(tmpdir(), "tacet-package-"));
  const check = async (name: string, body: () => unknown) => {
    try {
      await body();
      outcomes.push({ name, result: "passed" });
    } catch (error) {
      outcomes.push({ name, result: "failed", why: String((error as Error)?.stack ?? error) });
    }
  };
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: project, encoding: "utf8" });
  let first: string | undefined;
  const same = (result: string) => assertEquals(result, first ??= result);
  try {
    build();
    npm(target, "pack", "--pack-destination", project);
    const packed = (await readdir(project)).find((name) => name.endsWith(".tgz"))!;
    await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }');
    await writeFile(join(project, "train.js"), SCRIPT);
    await writeFile(
      join(project, "tell.js"),
      'import { result } from "./train.js"; console.log(JSON.stringify(await result()));',
    );
    await writeFile(join(project, "types.ts"), TYPES);
    npm(project, "install", "--no-audit", "--no-fund", packed);

    await check("holds nothing but modules, declarations, README and licence", async () => {
      const files = await readdir(join(project, "node_modules/@tacet/tacet"), { recursive: true, withFileTypes: true });
      const strange = files.filter((file) =>
        file.isFile() && !/\.js$|\.d\.ts$|^(README\.md|LICENSE|package\.json)$/.test(file.name)
      );
      assertEquals(strange.map(({ name }) => name), []);
    });
    for (
      const [name, path] of [["Node 22", "node22/bin/node"], ["Node 24", "node24/bin/node"], ["Bun", "bun/bin/bun.exe"]]
    ) {
      await check(`trains in ${name}`, () => same(checked(JSON.parse(run(program(path!), "tell.js")))));
    }
    const module = join(project, "bundle.js");
    await check("is bundled for browsers by esbuild, without a flag of its own", () => {
      run(
        program("esbuild/bin/esbuild"),
        "train.js",
        "--bundle",
        "--format=esm",
        "--minify",
        `--outfile=${module}`,
        "--log-level=error",
      );
    });
    for (const kind of browsers) {
      await check(`trains in a page of ${kind}`, async () => {
        const browser = await openBrowser(kind, false, kind);
        try {
          same(checked(await browser.evaluate<Result>(await readFile(module))));
        } finally {
          await browser.close();
        }
      });
    }
    for (const [module, resolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]] as const) {
      await check(`has types that resolve (moduleResolution ${resolution})`, () => {
        const options = ["--noEmit", "--strict", "--target", "es2024", "--lib", "es2024,dom", "--types", ""];
        run(program(".bin/tsc"), "types.ts", "--module", module, "--moduleResolution", resolution, ...options);
      });
    }
  } finally {
    await rm(project, { recursive: true });
  }
  return outcomes;
}
