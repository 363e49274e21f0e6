/**
 * What `--help` prints.
 *
 * @module
 */
import { flagEntry } from "../command_line.ts";
import { FLAGS } from "./flags.ts";

/** The help: what the program does, each flag with its default and permission, and the exit statuses. */
export function helpText(): string {
  return `sup_privacy: train a LeNet-5 with suppress privacy, attack it, and show what leaks

It trains four networks to read handwritten digits: an ordinary one, a second ordinary one that judges, one whose
unimportant weights are silenced while it trains, and one whose unimportant units are. Then it reconstructs training
images from the inner features of all but the judge, by three attacks, and prints how much of them comes back.

  deno run examples/sup_privacy.ts [flags]

${FLAGS.map(flagEntry).join("\n")}

Without --data and --out it needs no permission. Results go to standard output, progress and warnings to standard
error. NO_COLOR is respected.

Exit status: 0 done; 1 a file is missing, broken or cannot be written, or an engine cannot run here;
2 the command line is wrong.
`;
}
