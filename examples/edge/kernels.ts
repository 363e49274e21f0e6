/**
 * The compiled kernels that the worker is handed: none where the library may compile its own. In workerd
 * `kernels_workerd.js` stands here, see package.json.
 */
export const kernels: WebAssembly.Module | undefined = undefined;
