/**
 * tacet trains small neural networks whose unimportant weights fall silent, so that the finished model can no longer
 * play back its training images, and measures how much still leaks.
 *
 * @example Train a suppressed network on drawn digits and attack it
 * ```ts
 * import {
 *   accuracy, Dataset, drawnDigits, ImageInversionAttack, lenet5, openEngine, pixels, sgd, sliceNetwork, SuppressModel,
 * } from "@tacet/tacet";
 *
 * const engine = await openEngine();
 * const digits = new Dataset(drawnDigits(640), { size: [32, 32] });
 * const network = lenet5({ seed: 1 }), optimizer = sgd({ lr: 0.05 }), metrics = { accuracy: accuracy() };
 * const layers = [{ layerName: "fc1", granularity: "unit", minNum: 8 }] as const;
 * const model = new SuppressModel({ engine, network, optimizer, metrics, suppress: { layers, startEpoch: 1 } });
 * await model.train(2, digits, { batchSize: 32 });
 * console.log(await model.eval(digits), (await model.sparsity()).total);
 *
 * const originals = await pixels(engine, digits, [0, 1, 2]);
 * const attack = new ImageInversionAttack({ engine, network: sliceNetwork(network, "relu3"), parameters: await model.parameters() });
 * const inverted = await attack.generate(await attack.features(originals), { iterations: 20 });
 * console.log((await attack.evaluate(originals, inverted)).l2);
 * ```
 *
 * @module
 */
export * from "./src/nn/mod.ts";
export * from "./src/engine/mod.ts";
export * from "./src/random/mod.ts";
export * from "./src/release/mod.ts";
export * from "./src/data/mod.ts";
export * from "./src/suppress/mod.ts";
export * from "./src/train/mod.ts";
export * from "./src/attack/mod.ts";
export * from "./src/metrics/mod.ts";
export * from "./src/privacy/mod.ts";
export * from "./src/checkpoint/mod.ts";
export { FileError } from "./src/runtime/mod.ts";
