/** Where this runs: the first test file in every runtime. */
import { assert } from "#std/assert";
import { test } from "node:test";

interface Surroundings {
  readonly Deno?: { readonly version: { readonly deno: string } };
  readonly Bun?: { readonly version: string };
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly env?: Readonly<Record<string, string | undefined>>;
  };
  readonly navigator?: { readonly userAgent?: string };
  readonly crossOriginIsolated?: boolean;
  /** What a page or a worker is told instead of the environment variable of the same name. */
  readonly TACET_RUNTIME?: string;
}

/** The runtime by what it alone has, and its version as far as it tells. */
function where(
  { Deno, Bun, process, navigator, crossOriginIsolated }: Surroundings,
): string {
  if (Deno) return `Deno ${Deno.version.deno}`;
  if (Bun) return `Bun ${Bun.version}`;
  const agent = navigator?.userAgent ?? "";
  if (agent === "Cloudflare-Workers") return "workerd";
  const [, browser, version] = /(Firefox|Chrome)\/([\d.]+)/.exec(agent) ?? [];
  if (browser) {
    const name = browser === "Chrome" ? "Chromium" : browser;
    return `${name} ${version}, ${crossOriginIsolated ? "" : "not "}isolated`;
  }
  return process?.versions?.node ? `Node ${process.versions.node}` : "a runtime that is not known";
}

const surroundings = globalThis as Surroundings;
const expected = surroundings.TACET_RUNTIME ??
  surroundings.process?.env?.TACET_RUNTIME ?? "";
const here = where(surroundings);

// The name goes into the table.
test(`runs in ${here}`, () => {
  assert(expected, "TACET_RUNTIME does not say which runtime this should be");
  const [name, isolation] = expected.split(", "),
    [hereName = "", hereIsolation] = here.split(", ");
  const isThat = hereName === name || hereName.startsWith(`${name} `) ||
    hereName.startsWith(`${name}.`);
  assert(
    isThat && hereIsolation === isolation,
    `this is ${here}, not ${expected}`,
  );
});
