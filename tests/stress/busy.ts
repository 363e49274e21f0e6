/** A process that does nothing but keep a processor busy, until whoever started it closes its input or ends. */
import process from "node:process";

process.stdin.on("close", () => process.exit()).resume();

function turn(): void {
  for (const end = performance.now() + 50; performance.now() < end;);
  setTimeout(turn);
}

turn();
