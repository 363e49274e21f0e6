/**
 * Runs the GPU's cases where Deno's test command does not reach: in Chromium and Firefox, and in Node and Bun on Dawn.
 *
 *     deno task test:gpu [chromium,firefox,node,bun] [part of a case's name]
 *
 * What is not installed is skipped with a sentence. On a machine without a GPU it takes Debian's chromium (it brings
 * SwiftShader), firefox-esr and mesa-vulkan-drivers.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Browser, find, runPage } from "./browser.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const RUNTIMES = ["chromium", "firefox", "node", "bun"] as const;

/** The Vulkan driver that Dawn takes where there is no GPU: Chromium's. It refuses Debian 12's lavapipe. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

let failures = 0;

function tell(runtime: string, body: Record<string, unknown>): void {
  const { name, error, skipped } = body;
  if (skipped !== undefined) console.log(`${runtime}: skipped: ${skipped}`);
  else if (error === undefined) console.log(`${runtime}: ok: ${name}`);
  else {
    failures++;
    console.log(`${runtime}: FAILED: ${name}\n${error}`);
  }
}

async function inBrowser(browser: Browser, filter: string): Promise<void> {
  const path = find(browser);
  if (!path) {
    return tell(browser, {
      skipped: `it is not installed: apt-get install ${browser === "firefox" ? "firefox-esr" : browser}`,
    });
  }
  const query = filter ? `?filter=${encodeURIComponent(filter)}` : "";
  await runPage(browser, path, here("page.ts"), query, (body) => tell(browser, body));
}

/** The command of Node 24 or Bun, or undefined. */
function command(runtime: "node" | "bun"): string | undefined {
  try {
    const version = execFileSync(runtime, ["--version"], { encoding: "utf8" });
    if (runtime === "bun" || Number(/^v(\d+)/.exec(version)?.[1]) >= 24) return runtime;
  } catch {
    // It is not there.
  }
}

async function onDawn(runtime: "node" | "bun", filter: string): Promise<void> {
  const path = command(runtime);
  if (!path) return tell(runtime, { skipped: `there is no ${runtime === "node" ? "Node 24" : "Bun"} on the path` });
  if (!existsSync(here("dawn/node_modules"))) {
    console.error("test:gpu: installing Dawn into tests/gpu/dawn/node_modules");
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", here("dawn")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const driver = !process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER) ? { VK_ICD_FILENAMES: SWIFTSHADER } : {};
  const child = spawn(path, [here("dawn.ts"), filter], {
    env: { ...process.env, ...driver },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "", done = false;
  child.stderr.on("data", (data) => complaint = (complaint + data).slice(-4000));
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("{")) continue;
    const body = JSON.parse(line);
    if (body.done) done = true;
    else tell(runtime, body);
  }
  if (!done) tell(runtime, { name: "the process", error: complaint || "it ended before the cases did" });
}

const [asked = RUNTIMES.join(), filter = ""] = process.argv.slice(2);
for (const runtime of asked.split(",")) {
  if (runtime === "chromium" || runtime === "firefox") await inBrowser(runtime, filter);
  else if (runtime === "node" || runtime === "bun") await onDawn(runtime, filter);
  else throw new RangeError(`there is no runtime ${runtime}; there are ${RUNTIMES.join(", ")}`);
}
if (failures > 0) {
  console.log(`${failures} cases failed`);
  process.exitCode = 1;
}
