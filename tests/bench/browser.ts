/**
 * The webgpu engine in Chromium: training steps of LeNet-5 per second, and operations, bytes and time of each dispatch.
 *
 *     deno task bench:browser [--json] [--batch N]
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { find, runPage } from "../gpu/browser.ts";
import { type Dispatch, lineOf } from "./dispatches.ts";

const { values } = parseArgs({ options: { json: { type: "boolean" }, batch: { type: "string", default: "32" } } });
const path = find("chromium");
if (!path) {
  console.error("bench:browser: Chromium is not installed: apt-get install chromium");
  process.exitCode = 1;
} else {
  const page = fileURLToPath(new URL("./browser_page.ts", import.meta.url));
  await runPage("chromium", path, page, `?batch=${encodeURIComponent(values.batch)}`, (body) => {
    if (body.error) {
      console.error(`bench:browser: ${body.error}`);
      process.exitCode = 1;
    } else if (values.json) console.log(JSON.stringify(body));
    else if (body.case === "dispatch") console.log(lineOf(body as unknown as Dispatch));
    else console.log(`${body.case} on ${body.build}: ${(body.perSecond as number).toFixed(1)} steps/s`);
  });
}
