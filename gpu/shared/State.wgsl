// What the kernels of a suppress operation share; `STATE` in src/engine/webgpu/suppression.ts is its order.
struct State {
  candidates: u32,
  threshold: u32,
  suppressed: u32,
  done: u32,
}
