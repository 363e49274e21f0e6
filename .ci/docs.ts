/**
 * Checks the documentation of all that deno.json exports: `deno doc --lint`, and that every function, class and value
 * has an example.
 *
 *     deno task check:docs
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
}
interface Documentation {
  readonly nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
}

const { exports } = JSON.parse(readFileSync(new URL("../deno.json", import.meta.url), "utf8")) as {
  exports: Record<string, string>;
};
const entries = Object.values(exports), maxBuffer = 2 ** 28;
execFileSync(process.execPath, ["doc", "--lint", ...entries], { stdio: ["ignore", "ignore", "inherit"] });
const json = execFileSync(process.execPath, ["doc", "--json", ...entries], { encoding: "utf8", maxBuffer });

const { nodes } = JSON.parse(json) as Documentation;
const symbols = Object.values(nodes).flatMap((module) => module.symbols);
const missing = symbols.flatMap(({ name, declarations }) =>
  declarations
    // Types are shown by what takes or gives them; a class may have its example at a method.
    .filter(({ kind }) => ["class", "function", "variable"].includes(kind))
    .filter((declaration) => !JSON.stringify(declaration).includes("```ts"))
    .map(({ location }) => `${name} has no example: ${location.filename}:${location.line}`)
);
for (const entry of entries) {
  const text = readFileSync(new URL(`../${entry}`, import.meta.url), "utf8"), head = text.split("@module")[0]!;
  if (!head.includes("@example") || !head.includes("```ts")) missing.push(`${entry} has no example of the module`);
}
if (symbols.length < 100) missing.push(`deno doc tells of ${symbols.length} exports only; its format may have changed`);
if (missing.length > 0) throw new Error(missing.join("\n"));
