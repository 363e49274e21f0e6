/**
 * The packages listed in `packages/`, installed when they are first needed, and only for the tests: the library needs
 * none of them.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** This folder. */
export const folder: string = fileURLToPath(new URL("./", import.meta.url));
/** The checkout. */
export const checkout: string = fileURLToPath(
  new URL("../../", import.meta.url),
);

const WINDOWS = process.platform === "win32";

/** Runs npm in a folder. */
export function npm(where: string, ...args: string[]): void {
  execFileSync(WINDOWS ? "npm.cmd" : "npm", [...args, "--loglevel=error"], {
    cwd: where,
    stdio: ["ignore", "ignore", "inherit"],
    shell: WINDOWS,
  });
}

const packages = join(folder, "packages");

/** Installs the packages of the checkout and those listed here, where the lists are newer than what is there. */
export function install(): void {
  for (const where of [checkout, packages]) {
    const [listed, installed] = ["package-lock.json", "node_modules/.package-lock.json"].map((name) => {
      return statSync(join(where, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    });
    if (installed! >= listed!) continue;
    console.error(`runtimes: installing what ${join(where, "package-lock.json")} lists`);
    npm(where, "ci", "--no-audit", "--no-fund");
  }
}

/** The path of a program that one of the packages brings. */
export function program(path: string): string {
  return join(packages, "node_modules", path) + (WINDOWS && !path.endsWith(".exe") ? ".exe" : "");
}

/** What one of the packages exports. */
export function load<T>(name: string): T {
  return createRequire(join(packages, "package.json"))(name) as T;
}
