/**
 * Chromium and Firefox without a window: a fresh page for every file, from a server of this machine, with cross-origin
 * isolation or without.
 */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { bundle, runnerOf } from "./bundle.ts";
import { located } from "./failure.ts";
import type { FileOutcome } from "./outcome.ts";
import { notHere, type Runtime } from "./runtime.ts";
import { load } from "./tools.ts";

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(code: string): Promise<T>;
  close(): Promise<void>;
}

interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Puppeteer {
  launch(options: {
    readonly browser: "chrome" | "firefox";
    readonly executablePath: string;
    readonly headless: true;
    readonly protocolTimeout: number;
    readonly args: readonly string[];
  }): Promise<Browser>;
}

interface Kind {
  readonly name: string;
  readonly browser: "chrome" | "firefox";
  /** The environment variable that names the program, and where else it is looked for. */
  readonly variable: string;
  readonly paths: readonly string[];
  readonly args: readonly string[];
}

const KINDS: readonly Kind[] = [{
  name: "Chromium",
  browser: "chrome",
  variable: "CHROMIUM",
  paths: [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ],
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-component-update",
    "--disable-sync",
  ],
}, {
  name: "Firefox",
  browser: "firefox",
  variable: "FIREFOX",
  paths: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
  args: [],
}];

/** Milliseconds that a file may take. */
const PATIENCE = 600_000;

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Serves what it is told to, until it is closed. */
async function serve(
  isolated: boolean,
  answer: (path: string) => { type: string; body: string | Uint8Array },
) {
  const server = createServer((request, response) => {
    const { type, body } = answer(request.url ?? "/");
    response.writeHead(200, {
      "Content-Type": type,
      ...(isolated && ISOLATION),
    }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // Pages of localhost are secure contexts, as those of https are.
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

/** Opens a browser: pages of it load a module and tell what its function `result` gives. */
export async function openBrowser(
  kind: "Chromium" | "Firefox",
  isolated: boolean,
  expected: string,
) {
  const { browser, variable, paths, args } = KINDS.find(({ name }) => name === kind)!;
  const executablePath = [process.env[variable], ...paths].find((path) => path && existsSync(path));
  if (!executablePath) {
    throw new Error(
      `no ${kind} at ${paths.join(" or ")}: install it, or name it by ${variable}`,
    );
  }
  const { default: puppeteer } = load<{ default: Puppeteer }>(
    "puppeteer-core",
  );
  const opened = await puppeteer.launch({
    browser,
    executablePath,
    headless: true,
    protocolTimeout: PATIENCE,
    args,
  });
  let module: Uint8Array = new Uint8Array();
  const server = await serve(isolated, (path) => {
    if (path === "/module.js") return { type: "text/javascript", body: module };
    const script = `globalThis.TACET_RUNTIME = ${JSON.stringify(expected)};`;
    return {
      type: "text/html",
      body: `<!doctype html><title>tacet</title><script>${script}</script>`,
    };
  });
  return {
    /** What `code` gives in a fresh page, where the module is "/module.js". */
    async evaluate<T>(source: Uint8Array, code = 'import("/module.js").then((m) => m.result())'): Promise<T> {
      module = source;
      const page = await opened.newPage();
      try {
        await page.goto(server.address);
        return JSON.parse(await page.evaluate<string>(`${code}.then(JSON.stringify)`)) as T;
      } finally {
        await page.close();
      }
    },
    async close(): Promise<void> {
      await opened.close();
      await server.close();
    },
  };
}

function runtime(kind: "Chromium" | "Firefox", isolated: boolean): Runtime {
  const name = `${kind}, ${isolated ? "" : "not "}isolated`;
  return {
    name,
    async start() {
      const browser = await openBrowser(kind, isolated, name);
      return {
        async run(file): Promise<FileOutcome> {
          const skipped = notHere(file);
          if (skipped) return skipped;
          const source = await bundle(runnerOf(file, "result"));
          return located(await browser.evaluate<FileOutcome>(source), source);
        },
        close: () => browser.close(),
      };
    },
  };
}

/** Both browsers, isolated and not. */
export const BROWSERS: readonly Runtime[] = [
  runtime("Chromium", true),
  runtime("Chromium", false),
  runtime("Firefox", true),
  runtime("Firefox", false),
];
