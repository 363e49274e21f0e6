/** The edge example as a server in each runtime that it is for, over HTTP. */
import { spawn } from "node:child_process";
import process from "node:process";
import { drawnDigits, encodeIdx } from "../../mod.ts";
import { wasmBytes } from "../../src/engine/cpu/wasm/bytes.ts";
import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import { bundle } from "./bundle.ts";
import type { Outcome } from "./outcome.ts";
import { checkout, program } from "./tools.ts";
import { freePort, listening, type Server, serveWorker, type WorkerModule } from "./workerd.ts";

const WORKER = "examples/edge/worker.ts";

/** A runtime that serves the worker. */
export interface EdgeRuntime {
  readonly name: string;
  /** Builds what it needs; what that gives starts the worker. */
  prepare(): Promise<() => Promise<Server>>;
}

function served(
  name: string,
  command: string,
  args: (port: number) => readonly string[],
  env: NodeJS.ProcessEnv = {},
): EdgeRuntime {
  return {
    name,
    prepare: () =>
      Promise.resolve(async () => {
        const port = await freePort();
        const options = { cwd: checkout, stdio: "pipe", env: { ...process.env, ...env, PORT: String(port) } } as const;
        return await listening(spawn(command, args(port), options), port);
      }),
  };
}

/** The worker as modules of workerd, the kernels among them. */
export async function workerModules(): Promise<WorkerModule[]> {
  const source = `export { default } from "../../${WORKER}";`;
  const bytes = await bundle(source, { conditions: ["workerd"], external: ["./kernels.wasm"], minify: true });
  return [
    { name: "worker.js", kind: "esModule", bytes },
    { name: "kernels.wasm", kind: "wasm", bytes: wasmBytes("simd128") },
  ];
}

/** workerd with the kernels as a module; Deno without any permission but to listen; Bun. */
export const EDGE: readonly EdgeRuntime[] = [
  {
    name: "workerd",
    async prepare() {
      const modules = await workerModules();
      return () => serveWorker(modules);
    },
  },
  served("Deno", process.versions.deno ? process.execPath : "deno", (port) => [
    ...["serve", "--no-prompt", "--quiet", "--host=127.0.0.1", `--port=${port}`],
    WORKER,
  ]),
  served("Bun", program("bun/bin/bun.exe"), () => [WORKER]),
];

const digits = drawnDigits(40, { seed: 3 });

/** What a worker answers to a posted body. */
export async function post(server: Server, body: Uint8Array<ArrayBuffer>): Promise<{ status: number; text: string }> {
  const response = await fetch(server.address, { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

/** One image, and all of them as an IDX file. */
export const IMAGE: Uint8Array<ArrayBuffer> = new Uint8Array(digits.images.slice(0, 784));
export const IDX: Uint8Array<ArrayBuffer> = encodeIdx({
  type: "uint8",
  shape: [40, 28, 28],
  data: new Uint8Array(digits.images),
});

/** Starts and checks the worker in each runtime; the probabilities must be the same to the last bit. */
export async function checkEdge(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let first: string | undefined;
  for (const { name, prepare } of EDGE) {
    const test = `reads digits over HTTP in ${name}, with the probabilities of the others`;
    try {
      const server = await (await prepare())();
      try {
        const probabilities = await checkWorker(server);
        assertEquals(probabilities, first ??= probabilities);
      } finally {
        await server.close();
      }
      outcomes.push({ name: test, result: "passed" });
    } catch (error) {
      outcomes.push({ name: test, result: "failed", why: String((error as Error)?.stack ?? error) });
    }
  }
  return outcomes;
}

/**
 * Throws unless a worker answers as it should; returns the probabilities of 40 images, which must be the same
 * everywhere.
 */
async function checkWorker(server: Server): Promise<string> {
  const one = await post(server, IMAGE), many = await post(server, IDX);
  assertEquals([one.status, many.status], [200, 200]);
  const probabilities = JSON.parse(many.text).probabilities as number[][];
  assertEquals([probabilities.length, probabilities[0]], [40, JSON.parse(one.text).probabilities[0]]);
  for (
    const [body, status, sentence] of [[IDX.slice(1), 400, "no IDX file"], [
      new Uint8Array(1e6),
      413,
      "at most",
    ]] as const
  ) {
    const refused = await post(server, body);
    assertEquals(refused.status, status);
    assertStringIncludes(refused.text, sentence);
  }
  const get = await fetch(server.address);
  assertEquals(get.status, 405);
  assert((await get.text()).includes("POST"));
  return JSON.stringify(probabilities);
}
