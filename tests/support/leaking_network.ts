/** A network that gives much away by its gradients, and the attack on untrained ones. */
import {
  averagePool2d,
  conv2d,
  dense,
  type Engine,
  type EngineOptions,
  flatten,
  GradientLeakageAttack,
  type Network,
  openEngine,
  sequential,
  sigmoid,
} from "../../mod.ts";

/** The same bits everywhere, so that what comes back does not depend on the machine. */
export const EXACT: EngineOptions = { engine: "wasm", build: "simd128", threads: 1 };

/** Smooth everywhere: sigmoids and means. */
export const smooth = sequential([1, 8, 8], [
  conv2d({ channels: 6, kernel: 3 }),
  sigmoid(),
  averagePool2d(),
  flatten(),
  dense({ outputs: 16 }),
  sigmoid(),
  dense({ outputs: 5 }),
], { seed: 3 });

/** The parameters that a network has at first. */
export async function valuesOf(engine: Engine, network: Network, seed = 5): Promise<Record<string, Float32Array>> {
  return await engine.parameters(network.parameters, seed).values();
}

/** An attack on what an untrained network, its weights masked if so told, gives away by its gradients. */
export async function leakageAttack(network: Network, masks?: Record<string, Uint8Array>, seed?: number) {
  const engine = await openEngine(EXACT), parameters = await valuesOf(engine, network, seed);
  for (const [name, mask] of Object.entries(masks ?? {})) {
    parameters[name] = parameters[name]!.map((value, i) => mask[i] ? value : 0);
  }
  return {
    engine,
    parameters,
    attack: new GradientLeakageAttack({ engine, network, parameters, ...(masks && { masks }) }),
  };
}
