/**
 * A line for the person who runs the program.
 *
 * @module
 */

/** Prints a line to the runtime's console. */
export function printLine(line: string): void {
  console.log(line);
}
