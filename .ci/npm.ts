/**
 * Builds the package for npm in `out/npm`: the modules that deno.json exports, as JavaScript and declarations, with a
 * package.json of their own.
 *
 *     deno task build:npm && npm publish out/npm
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkout, install, program } from "../tests/runtimes/tools.ts";

/** Where the package is built. */
export const target: string = join(checkout, "out/npm");

const json = (name: string) => JSON.parse(readFileSync(join(checkout, name), "utf8"));

/** Builds the package anew. */
export function build(): void {
  install();
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { exports, version } = json("deno.json") as { exports: Record<string, string>; version: string };
  const { name, description, license, type, dependencies, version: npmVersion } = json("package.json");
  if (version !== npmVersion) throw new Error(`deno.json has version ${version}, package.json ${npmVersion}`);
  const options = ["--declaration", "--rewriteRelativeImportExtensions", "--noCheck", "--ignoreConfig", "--types", ""];
  const language = ["--module", "nodenext", "--target", "es2024", "--lib", "es2025,dom"];
  const tsc = program(".bin/tsc");
  execFileSync(tsc, [
    ...Object.values(exports),
    "--rootDir",
    ".",
    "--outDir",
    join(target, "dist"),
    ...language,
    ...options,
  ], {
    cwd: checkout,
    stdio: "inherit",
  });
  nameDeclarations(join(target, "dist"));
  const entries = Object.entries(exports).map(([entry, source]) => {
    const path = source.replace(/^\./, "./dist").replace(/\.ts$/, "");
    return [entry, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  // None but the library's own modules are in it: a bundler may leave out whatever is not used.
  const sideEffects = false;
  const described = { name, version, description, license, type, sideEffects };
  const manifest = { ...described, exports: Object.fromEntries(entries), dependencies };
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ["README.md", "LICENSE"]) cpSync(join(checkout, file), join(target, file));
}

/** Declarations import each other by the names of the sources; only some compilers find them so. */
function nameDeclarations(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".d.ts")) continue;
    const path = join(entry.parentPath, entry.name), text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/((?:from|import\()\s*")(\.[^"\n]*)\.ts"/g, '$1$2.js"'));
  }
}

if (import.meta.main) {
  build();
  console.log(target);
}
