/** The cases in a browser's page: results go to the server that the page came from, line by line. */
import { runtimeGpu } from "../../src/runtime/gpu.ts";
import { runCases } from "./run_cases.ts";

const post = async (body: object) => void await fetch("/result", { method: "POST", body: JSON.stringify(body) });

try {
  const gpu = runtimeGpu();
  if (await gpu?.requestAdapter()) await runCases(gpu!, post, new URLSearchParams(location.search).get("filter") ?? "");
  else await post({ skipped: gpu ? "the browser gives no adapter" : "the browser has no WebGPU here" });
} catch (error) {
  await post({ name: "the page", error: String((error as Error).stack ?? error) });
}
await post({ done: true });
