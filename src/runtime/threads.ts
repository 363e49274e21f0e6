/**
 * Threads, where the runtime has them: Node's worker threads (Deno and Bun have them too), else web workers of a
 * cross-origin isolated page.
 *
 * @module
 */
import { builtinModule } from "./builtin.ts";

/**
 * Starts a thread that runs a script beside this one, in which `data` is a structured clone of the given data. It does
 * not keep the process alive. `onEnd` is told if it ends.
 */
export type StartThread = (script: string, data: unknown, onEnd: () => void) => void;

/** Processors of the machine, as far as the runtime tells; else 1. */
export function processors(): number {
  return (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency || 1;
}

/** How threads are started here, or undefined if there are none that share memory. */
export function threadStarter(): StartThread | undefined {
  const { crossOriginIsolated, Worker: WebWorker } = globalThis as typeof globalThis & {
    crossOriginIsolated?: boolean;
  };
  if (typeof SharedArrayBuffer === "undefined") return undefined;
  const node = builtinModule<typeof import("node:worker_threads")>("node:worker_threads");
  if (node) {
    return (script, data, onEnd) => {
      const source = `{ const data = require("node:worker_threads").workerData;\n${script}\n}`;
      // Without variables of the environment: a copy of them would need a permission in Deno.
      const worker = new node.Worker(source, { eval: true, workerData: data, env: {} });
      worker.on("error", onEnd);
      worker.on("exit", onEnd);
      worker.unref();
    };
  }
  if (!crossOriginIsolated || typeof WebWorker === "undefined") return undefined;
  return (script, data, onEnd) => {
    const source = new Blob([`onmessage = ({ data }) => {\n${script}\n};`], { type: "text/javascript" });
    const worker = new WebWorker(URL.createObjectURL(source));
    worker.onerror = onEnd;
    worker.postMessage(data);
  };
}
