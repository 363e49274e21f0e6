/** What an engine's multiply-add does. */
import { dense, type Engine, flatten, sequential } from "../../mod.ts";

/** Whether an engine's multiply-add rounds once: then (1 + 2^-12)^2 - (1 + 2^-11) is 2^-24, else 0. */
export async function fuses(engine: Engine): Promise<boolean> {
  const program = engine.program(sequential([1, 1, 1], [flatten(), dense({ name: "out", outputs: 1 })]), {
    batchSize: 1,
  });
  const factor = Float32Array.of(1 + 2 ** -12);
  program.parameters.setValues({ "out.weight": factor, "out.bias": Float32Array.of(-(1 + 2 ** -11)) });
  program.setInput(factor);
  program.forward();
  return (await program.output())[0] === 2 ** -24;
}
