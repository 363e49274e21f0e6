/** Scripts in a process of their own: this runtime's program, fresh. */
import { spawn } from "node:child_process";
import process from "node:process";

/** What a process left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script in this runtime, without any permission where it has such.
 *
 * @param flags for the runtime, in front of the script
 * @param env the whole environment, but for where programs are
 */
export async function runAlone(
  script: string,
  flags: readonly string[] = [],
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const environment = { NO_COLOR: "1", PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env };
  if (process.versions.deno) {
    // Not node:child_process: Deno's hands its own permissions on to a child that is Deno.
    const { code, stdout, stderr } = await new Deno.Command(process.execPath, {
      args: ["run", "--quiet", "--no-prompt", ...flags, script, ...args],
      env: environment,
      clearEnv: true,
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, script, ...args], { env: environment });
    const ended = { code: null, stdout: "", stderr: "" } as { code: number | null; stdout: string; stderr: string };
    child.stdout.on("data", (part) => ended.stdout += part);
    child.stderr.on("data", (part) => ended.stderr += part);
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ended, code }));
  });
}
