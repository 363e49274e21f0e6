/**
 * Measures the edge example in workerd, Deno and Bun: from the start of the process to the first answer, and the time
 * per request, one after the other over one connection.
 *
 *     deno task bench:edge [--starts 10] [--requests 1000]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { EDGE, IDX, IMAGE, post, workerModules } from "../runtimes/edge.ts";
import { install } from "../runtimes/tools.ts";
import { serveWorker } from "../runtimes/workerd.ts";
import { median } from "./measure.ts";

const { values } = parseArgs({
  options: { starts: { type: "string", default: "10" }, requests: { type: "string", default: "1000" } },
});
const starts = Number(values.starts), requests = Number(values.requests);
if (!(starts >= 1 && requests >= 1)) throw new RangeError("--starts and --requests must be numbers from 1");

/** Milliseconds of each of so many calls. */
async function times(count: number, call: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    found.push(performance.now() - start);
  }
  return found;
}

const milliseconds = (values: readonly number[]) => median(values).toFixed(2).padStart(10);

install();
/** A worker that does nothing: what of a start is the runtime's own. */
const idle = new TextEncoder().encode("export default { fetch: () => new Response() };");
const servers = await Promise.all(EDGE.map(async ({ name, prepare }) => ({ name, start: await prepare() })));
const [main] = await workerModules();
console.error(`the worker for workerd has ${main!.bytes.length} bytes, minified`);
console.log("median ms         cold start  one image  40 images");
const idleStart = () => serveWorker([{ name: "worker.js", kind: "esModule", bytes: idle }]);
for (const { name, start } of [...servers, { name: "workerd, idle", start: idleStart }]) {
  const cold = await times(starts, async () => {
    const server = await start();
    await post(server, IMAGE);
    void server.close();
  });
  const server = await start();
  await times(50, () => post(server, IMAGE));
  const one = await times(requests, () => post(server, IMAGE));
  const many = await times(Math.ceil(requests / 10), () => post(server, IDX));
  await server.close();
  console.log(`${name.padEnd(16)}${milliseconds(cold)}${milliseconds(one)} ${milliseconds(many)}`);
}
process.exit();
