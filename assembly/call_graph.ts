/**
 * Which kernels do their work in shares, from the calls in the compiled module itself: those whose code reaches the
 * instruction by which a share is taken. Not a kernel, but a part of `build.ts`.
 */

/** How `nextShare` takes a share; nothing else does it, so that it is found wherever the optimizer puts it. */
const TAKES_SHARE = "i64.atomic.rmw.cmpxchg";
/** Calls whose target cannot be told. */
const INDIRECT = /\b(?:return_)?call_(?:indirect|ref)\b/;

/** The functions of a module's text by their names. */
function functionsOf(text: string): Map<string, string> {
  const functions = new Map<string, string>();
  // Each begins on a line of its own, one space in; what is in it stands further in.
  for (const part of text.split(/\n (?=\()/)) {
    const name = /^\(func (\$\S+?)[\s)]/.exec(part)?.[1];
    if (name) functions.set(name, part);
  }
  return functions;
}

/**
 * The names of the exports of a module whose code takes shares, in alphabetical order.
 *
 * @param text the module as WebAssembly text, as the compiler prints it
 * @throws {Error} if that cannot be told: nobody takes shares, or functions are called that the text does not name.
 */
export function sharedKernels(text: string): string[] {
  const functions = functionsOf(text);
  const takes = new Set([...functions].filter(([, body]) => body.includes(TAKES_SHARE)).map(([name]) => name));
  if (takes.size === 0) throw new Error(`no function of the kernels has ${TAKES_SHARE}, by which shares are taken`);
  const callsOf = new Map<string, string[]>();
  for (const [name, body] of functions) {
    if (INDIRECT.test(body)) throw new Error(`${name} calls a function that only its pointer tells`);
    const calls = [...body.matchAll(/\b(?:return_)?call (\$[^\s)]+)/g)].map(([, called]) => called!);
    const unknown = calls.find((called) => !functions.has(called));
    if (unknown) throw new Error(`${name} calls ${unknown}, which is not a function of the module`);
    callsOf.set(name, calls);
  }
  for (let known = 0; known < takes.size;) {
    known = takes.size;
    for (const [name, calls] of callsOf) if (calls.some((called) => takes.has(called))) takes.add(name);
  }
  const exports = [...text.matchAll(/\n \(export "([^"]+)" \(func (\$[^\s)]+)\)\)/g)];
  return exports.filter(([, , name]) => takes.has(name!)).map(([, exported]) => exported!).sort();
}
