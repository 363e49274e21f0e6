/** Prints the milliseconds that this process takes to import the library and to open the engine. */
const start = performance.now();
// The name is put together so that no runtime loads the library before the clock starts.
const { openEngine } = await import(["..", "..", "mod.ts"].join("/")) as typeof import("../../mod.ts");
await openEngine();
console.log(performance.now() - start);
