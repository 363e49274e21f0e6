/**
 * The GPUs of this runtime.
 *
 * @module
 */

/** What is needed of Deno. */
interface DenoGlobal {
  readonly build?: { readonly os?: string };
  readonly permissions?: { querySync?(descriptor: { name: "env"; variable: string }): { readonly state: string } };
  readonly env?: { get(name: string): string | undefined };
}

const SESSION = "XDG_RUNTIME_DIR";

/** The entry to WebGPU, or undefined where the runtime has none. */
export function runtimeGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu ?? undefined;
}

/**
 * Whether asking this runtime for an adapter may print lines of a driver that the program can neither stop nor catch.
 * Deno on Linux asks all of Vulkan; there Mesa's layer that chooses among devices looks for a Wayland session at each
 * count of them, and its library prints an error where XDG_RUNTIME_DIR is no path. Whether it is one can be known only
 * with a permission, which is used if it was given and never asked for.
 */
export function isGpuNoisy(): boolean {
  const { Deno } = globalThis as { Deno?: DenoGlobal };
  if (Deno?.build?.os !== "linux") return false;
  const state = Deno.permissions?.querySync?.({ name: "env", variable: SESSION }).state;
  return !(state === "granted" && Deno.env?.get(SESSION)?.startsWith("/"));
}
