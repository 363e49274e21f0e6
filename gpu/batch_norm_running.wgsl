// running += momentum * (batch - running), of mean and variance; `unbiased` is what makes the batch's variance that
// over one value fewer. Nothing changes once watch[0] names a step whose loss was not finite.
override count: u32;
override meanAt: u32;
override varianceAt: u32;

struct Arguments {
  momentum: f32,
  unbiased: f32,
}

var<storage, read_write> parameters: array<f32>;
var<storage, read> statistics: array<f32>;
var<storage, read> watch: array<u32>;

fn element(index: u32) {
  if (watch[0] == 0xffffffffu) {
    let mean = parameters[meanAt + index];
    let variance = parameters[varianceAt + index];
    parameters[meanAt + index] = mean + arguments.momentum * (statistics[index] - mean);
    let wide = statistics[count + index] * arguments.unbiased;
    parameters[varianceAt + index] = variance + arguments.momentum * (wide - variance);
  }
}
