/** A browser without a window, on a page of our own: the page posts to the server that it came from. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** A browser that can be asked for. */
export type Browser = "chromium" | "firefox";

const COMMANDS: Record<Browser, readonly string[]> = {
  chromium: ["chromium", "chromium-browser", "google-chrome"],
  firefox: ["firefox-esr", "firefox"],
};

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-unsafe-webgpu",
];

const FIREFOX_PREFERENCES = ["dom.webgpu.enabled", "gfx.webgpu.ignore-blocklist"];

/** A module that does not even load says so. */
const PAGE = `<!doctype html><script type="module">
  const post = (body) => fetch("/result", { method: "POST", body: JSON.stringify(body) });
  import("/page.js").catch((error) => post({ name: "the page", error: String(error) }).then(() => post({ done: true })));
</script>`;

/** The path of a browser, or undefined if it is not installed. */
export function find(browser: Browser): string | undefined {
  for (const folder of (process.env.PATH ?? "").split(":")) {
    const found = COMMANDS[browser].map((name) => join(folder, name)).find((path) => existsSync(path));
    if (found) return found;
  }
}

/** A TypeScript module with all that it imports, as one module for a page. */
function bundled(entry: string, flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "tacet-page-")), output = join(folder, "page.js");
  // fflate is imported only where data are compressed.
  const args = ["bundle", "--platform", "browser", "--external=fflate", ...flags, "-o", output, entry];
  try {
    execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    return readFileSync(output, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Removes a browser's folder: a process of it that is still ending may write there. */
async function removed(folder: string): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * Opens a page that runs a module, and hands on what it posts, until that has `done` or nothing was posted for so many
 * seconds. `flags` are further ones of `deno bundle`.
 *
 * @throws {Error} if the page is silent for too long.
 */
export async function runPage(
  browser: Browser,
  path: string,
  entry: string,
  query: string,
  receive: (body: Record<string, unknown>) => void,
  { patience = 600, flags = [] }: { readonly patience?: number; readonly flags?: readonly string[] } = {},
): Promise<void> {
  const script = bundled(entry, flags), profile = mkdtempSync(join(tmpdir(), "tacet-browser-"));
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => end = (error) => error ? reject(error) : resolve());
  const silent = () => end(new Error(`the page in ${browser} was silent for ${patience} seconds`));
  let timer = setTimeout(silent, 1000 * patience);
  const server = createServer(async (request, response) => {
    if (request.url === "/result") {
      let text = "";
      for await (const part of request) text += part;
      response.end();
      clearTimeout(timer);
      timer = setTimeout(silent, 1000 * patience);
      const body = JSON.parse(text);
      if (body.done) end();
      else receive(body);
    } else if (request.url === "/page.js") {
      response.setHeader("content-type", "text/javascript").end(script);
    } else {
      response.setHeader("content-type", "text/html").end(
        PAGE,
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${query}`;
  const preferences = FIREFOX_PREFERENCES.map((name) => `user_pref("${name}", true);\n`).join("");
  writeFileSync(join(profile, "user.js"), preferences);
  const args = browser === "chromium"
    ? [...CHROMIUM_FLAGS, `--user-data-dir=${profile}`, url]
    : ["--headless", "--no-remote", "--profile", profile, url];
  const child = spawn(path, args, { stdio: "ignore", env: { ...process.env, HOME: profile } });
  child.on("error", end);
  try {
    await ended;
  } finally {
    clearTimeout(timer);
    const exited = new Promise((resolve) => child.on("exit", resolve));
    child.kill();
    await exited;
    server.closeAllConnections();
    server.close();
    await removed(profile);
  }
}
