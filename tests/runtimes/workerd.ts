/** workerd, Cloudflare's runtime: a worker for every file. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, runnerOf } from "./bundle.ts";
import { located } from "./failure.ts";
import type { FileOutcome } from "./outcome.ts";
import { notHere, type Runtime } from "./runtime.ts";
import { program } from "./tools.ts";

/** A module of a worker. */
export interface WorkerModule {
  readonly name: string;
  readonly kind: "esModule" | "wasm" | "data";
  readonly bytes: Uint8Array;
}

/** From this date on, workers may compile WebAssembly while they are loaded. */
const COMPATIBILITY_DATE = "2025-06-01";

/** A port that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A process that answers at an address. */
export interface Server {
  readonly address: string;
  close(): Promise<void>;
}

/** Milliseconds that a server may take until it listens. */
const PATIENCE = 30_000;

/** Waits until a process listens at the port; ends it if it does not. */
export async function listening(
  child: ChildProcess,
  port: number,
): Promise<Server> {
  let output = "", ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => output += chunk);
  }
  const end = new Promise<void>((resolve) => child.on("close", resolve)).then(
    () => void (ended = true),
  );
  const address = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill();
    await end;
  };
  for (const start = performance.now();;) {
    try {
      await (await fetch(address)).body?.cancel();
      return { address, close };
    } catch {
      if (ended || performance.now() - start > PATIENCE) {
        await close();
        throw new Error(`the server did not start:\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

/** Starts workerd with a worker; the first module is its main one. */
export async function serveWorker(
  modules: readonly WorkerModule[],
): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), "tacet-workerd-")),
    port = await freePort();
  for (const [i, { bytes }] of modules.entries()) {
    await writeFile(join(folder, String(i)), bytes);
  }
  const listed = modules.map(({ name, kind }, i) => `(name = "${name}", ${kind} = embed "${i}")`);
  await writeFile(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${listed}], compatibilityDate = "${COMPATIBILITY_DATE}"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  const args = ["serve", join(folder, "config.capnp")];
  const server = await listening(
    spawn(program("workerd/bin/workerd"), args, { stdio: "pipe" }),
    port,
  );
  return {
    ...server,
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * A worker that runs a test file when it is asked to. It compiles both builds while it is loaded: in a request it must
 * not.
 */
function workerOf(file: string, runtime: string): string {
  return `globalThis.TACET_RUNTIME = ${JSON.stringify(runtime)};
    import { wasmModule } from "../support/wasm_machine.ts";
    ${runnerOf(file, "result")}
    wasmModule("simd128");
    wasmModule("relaxed");
    export default {
      async fetch(request) {
        return new URL(request.url).pathname === "/run" ? Response.json(await result()) : new Response();
      },
    };`;
}

/** workerd as a row of the matrix. */
export const WORKERD: Runtime = {
  name: "workerd",
  start: () =>
    Promise.resolve({
      async run(file): Promise<FileOutcome> {
        const skipped = notHere(file);
        if (skipped) return skipped;
        const bytes = await bundle(workerOf(file, "workerd"));
        const server = await serveWorker([{
          name: "worker",
          kind: "esModule",
          bytes,
        }]);
        try {
          const response = await fetch(`${server.address}/run`);
          const text = await response.text();
          if (!response.ok) {
            return {
              file,
              tests: [],
              error: `status ${response.status}: ${text}`,
            };
          }
          return located(JSON.parse(text) as FileOutcome, bytes);
        } finally {
          await server.close();
        }
      },
      close: () => Promise.resolve(),
    }),
};
