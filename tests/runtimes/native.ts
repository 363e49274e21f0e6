/** Deno, Bun and Node, each by its own test runner: a process for every file. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { outcomesOf } from "./junit.ts";
import type { FileOutcome } from "./outcome.ts";
import type { Runtime } from "./runtime.ts";
import { checkout, program } from "./tools.ts";

/** Milliseconds that a file may take. */
const PATIENCE = 600_000;
/** Bun ends a test after 5 s unless told otherwise; the other two wait. */
const BUN_PATIENCE = "300000";

/** Files whose syntax Node 22 does not know. */
const NEEDS_USING: readonly string[] = ["tests/engine/webgpu_test.ts"];

/** The end of what a process printed. */
function tail(text: string): string {
  return text.trim().split("\n").slice(-30).join("\n");
}

function execute(
  command: string,
  args: readonly string[],
  runtime: string,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, TACET_RUNTIME: runtime, NO_COLOR: "1" };
    const child = spawn(command, args, {
      cwd: checkout,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => output += chunk);
    }
    child.on("error", (error) => resolve({ code: -1, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? -1, output }));
  });
}

/** A runtime of which `command` gives the program and the arguments that run a file and write a JUnit report. */
function native(
  name: string,
  command: (file: string, report: string) => readonly [string, ...string[]],
): Runtime {
  return {
    name,
    async start() {
      const folder = await mkdtemp(join(tmpdir(), "tacet-runtimes-"));
      return {
        async run(file): Promise<FileOutcome> {
          if (name === "Node 22" && NEEDS_USING.includes(file)) {
            return { file, tests: [], skipped: "is written with `using`" };
          }
          const report = join(folder, "report.xml");
          await rm(report, { force: true });
          const [path, ...args] = command(file, report);
          const { code, output } = await execute(path, args, name);
          const tests = outcomesOf(
            await readFile(report, "utf8").catch(() => ""),
          );
          const told = tests.some(({ result }) => result === "failed");
          return {
            file,
            tests,
            ...(code !== 0 && !told &&
              { error: `${path} ended with ${code}:\n${tail(output)}` }),
          };
        },
        close: () => rm(folder, { recursive: true }),
      };
    },
  };
}

function node(version: number): Runtime {
  const path = program(`node${version}/bin/node`);
  return native(`Node ${version}`, (file, report) => [
    path,
    "--test",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
    file,
  ]);
}

/** Deno as it runs the matrix, Bun, and both Nodes. */
export const NATIVE: readonly Runtime[] = [
  native("Deno 2", (file, report) => [
    process.versions.deno ? process.execPath : "deno",
    "test",
    "--no-check",
    ...[
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-run",
      "--allow-net=127.0.0.1",
    ],
    `--junit-path=${report}`,
    file,
  ]),
  native("Bun 1.4", (file, report) => [
    program("bun/bin/bun.exe"),
    "test",
    `--timeout=${BUN_PATIENCE}`,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    `./${file}`,
  ]),
  node(22),
  node(24),
];
