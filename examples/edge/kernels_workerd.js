// The kernels as a module of the worker, compiled before it runs. `kernels.wasm` holds `wasmBytes("simd128")` of "@tacet/tacet/wasm".
// @ts-ignore: the file is written where the worker is built.
export { default as kernels } from "./kernels.wasm";
