/**
 * Fails if a function, class or value of the public interface has no example in its documentation, which comes from
 * standard input.
 *
 *     deno doc --json mod.ts src/attack/mod.ts ... | deno run .ci/examples.ts
 */
import { text } from "node:stream/consumers";
import process from "node:process";

interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string; readonly line: number };
}
interface Documentation {
  readonly nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
}

const { nodes } = JSON.parse(await text(process.stdin)) as Documentation;
const symbols = Object.values(nodes).flatMap((module) => module.symbols);
const missing = symbols.flatMap(({ name, declarations }) =>
  declarations
    // Types are shown by what takes or gives them; a class may have its example at a method.
    .filter(({ kind }) => ["class", "function", "variable"].includes(kind))
    .filter((declaration) => !JSON.stringify(declaration).includes("```ts"))
    .map(({ location }) => `${name} has no example: ${location.filename}:${location.line}`)
);
if (symbols.length < 100) missing.push(`deno doc tells of ${symbols.length} exports only; its format may have changed`);
if (missing.length > 0) throw new Error(missing.join("\n"));
