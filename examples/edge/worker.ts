/**
 * A worker that reads digits: POST one image of 28x28 (784 bytes), or an IDX file of such images, and get the digit and
 * the ten probabilities of each as JSON. The model was suppressed to 95 %; only its living weights are stored. It needs
 * no permission but the network:
 *
 *     deno serve examples/edge/worker.ts
 *     bun examples/edge/worker.ts
 *
 * and runs in workerd as `deno task bench:edge` builds it.
 */
import { decodeCheckpoint, openEngine, type Program, softmaxProbability } from "../../mod.ts";
import { kernels } from "#edge/kernels";
import { postedImages, RefusedError } from "./images.ts";
import { model } from "./model.ts";
import { edgeNetwork, SCALE, SIDE } from "./network.ts";

const CLASSES = 10;
/** Batch sizes: for one image, and for the parts of many. */
const ONE = 1, MANY = 32;

// This build gives the same probabilities, to the last bit, wherever the worker runs.
const engine = await openEngine({ build: "simd128", threads: 1, ...(kernels && { module: kernels }) });
const saved = decodeCheckpoint(Uint8Array.from(atob(model), (one) => one.charCodeAt(0)), "the model");

function program(batchSize: number): Program {
  const made = engine.program(edgeNetwork(), { batchSize });
  made.parameters.restore(saved);
  return made;
}

const one = program(ONE), many = program(MANY);

/** Pixels as the network takes them. */
function scaled(images: Uint8Array): Float32Array {
  const values = new Float32Array(images.length);
  for (let i = 0; i < values.length; i++) values[i] = images[i]! * SCALE;
  return values;
}

/**
 * The probabilities of the digits 0 to 9 for each image. Nothing else runs on a program between its input and its
 * output.
 */
async function probabilities(images: Uint8Array): Promise<number[][]> {
  const found: number[][] = [], pixels = SIDE * SIDE;
  const used = images.length === pixels ? one : many;
  for (let at = 0; at < images.length; at += used.batchSize * pixels) {
    used.setInput(scaled(images.subarray(at, at + used.batchSize * pixels)));
    used.forward();
    const output = await used.output();
    for (let i = 0; i < output.length; i += CLASSES) {
      const logits = output.subarray(i, i + CLASSES);
      found.push(Array.from(logits, (_, digit) => softmaxProbability(logits, digit)));
    }
  }
  return found;
}

async function answer(request: Request): Promise<unknown> {
  if (new URL(request.url).pathname !== "/") throw new RefusedError(404, "there is only /: POST an image to it");
  if (request.method !== "POST") throw new RefusedError(405, `the method is ${request.method}; it must be POST`);
  const found = await probabilities(await postedImages(request));
  return { digits: found.map((one) => one.indexOf(Math.max(...one))), probabilities: found };
}

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      return Response.json(await answer(request));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const headers = { ...(error.status === 405 && { Allow: "POST" }) };
      return Response.json({ error: error.message }, { status: error.status, headers });
    }
  },
};
