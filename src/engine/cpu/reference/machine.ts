/**
 * The reference engine's machine: every kernel in plain loops, obvious rather than fast. It is the oracle that the
 * other engines are held against.
 *
 * @module
 */
import type { Machine } from "../machine.ts";
import { batchNorm } from "./batch_norm.ts";
import { convolution } from "./convolution.ts";
import { dense } from "./dense.ts";
import { draws } from "./draws.ts";
import { dropout } from "./dropout.ts";
import { elementwise } from "./elementwise.ts";
import { exampleGradients } from "./example_gradients.ts";
import { events } from "./events.ts";
import { gather } from "./gather.ts";
import { images } from "./images.ts";
import { inversion } from "./inversion.ts";
import { living } from "./living.ts";
import { loss } from "./loss.ts";
import { type Floats, type Precision, ReferenceMemory } from "./memory.ts";
import { padding } from "./padding.ts";
import { pooledConvolution } from "./pooled_convolution.ts";
import { pooling } from "./pooling.ts";
import { quantize } from "./quantize.ts";
import { selection } from "./selection.ts";
import { suppress } from "./suppress.ts";
import { units } from "./units.ts";
import { update } from "./update.ts";

/**
 * A new machine with an empty memory of its own. It computes in float64 and stores in `precision`: float32 (the
 * default) like the other engines, or float64, in which gradients can be checked against finite differences.
 */
export function referenceMachine(precision: Precision = "float32"): Machine {
  const memory = new ReferenceMemory(precision);
  return {
    kernels: {
      ...convolution(memory),
      ...padding(memory),
      ...dense(memory),
      ...elementwise(memory),
      ...dropout(memory),
      ...quantize(memory),
      ...batchNorm(memory),
      ...pooling(memory),
      ...pooledConvolution(memory),
      ...events(memory),
      ...exampleGradients(memory),
      ...images(memory),
      ...living(memory),
      ...loss(memory),
      ...update(memory),
      ...gather(memory),
      ...selection(memory),
      ...suppress(memory),
      ...units(memory),
      ...inversion(memory),
      ...draws(memory),
    },
    threads: 1,
    get floats(): Floats {
      return memory.floats;
    },
    get ints(): Int32Array {
      return memory.ints;
    },
    get bytes(): Uint8Array {
      return memory.bytes;
    },
    allocate: (bytes) => memory.allocate(bytes),
  };
}
