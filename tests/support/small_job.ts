/**
 * A small job that needs every room of the library: run in a process without WebAssembly, and with it for comparison.
 */
import { gzipSync } from "fflate";
import {
  adam,
  Dataset,
  dense,
  drawnDigits,
  encodeIdx,
  type Engine,
  flatten,
  ImageInversionAttack,
  LearnedDecoder,
  mnistFromBytes,
  Model,
  pixels,
  relu,
  sequential,
  sliceNetwork,
} from "../../mod.ts";

/** Trained weights, reconstructions and figures of an engine, as one list of numbers. */
export async function smallJob(engine: Engine): Promise<number[]> {
  const { images, labels, count } = drawnDigits(16);
  const files = [
    encodeIdx({ type: "uint8", shape: [count, 28, 28], data: new Uint8Array(images) }),
    encodeIdx({ type: "uint8", shape: [count], data: new Uint8Array(labels) }),
  ] as const;
  const digits = new Dataset(await mnistFromBytes(gzipSync(files[0]), files[1]), { size: [8, 8] });
  const network = sequential([1, 8, 8], [flatten(), dense({ outputs: 12 }), relu(), dense({ outputs: 10 })]);
  const model = new Model({ engine, network, optimizer: adam({ lr: 0.01 }) });
  await model.train(2, digits, { batchSize: 8 });
  const parameters = await model.parameters();
  const originals = await pixels(engine, digits, [0, 1]);
  const attack = new ImageInversionAttack({ engine, network: sliceNetwork(network, "relu1"), parameters });
  const features = await attack.features(originals);
  const inverted = await attack.generate(features, { iterations: 2 });
  const { l2, ssim } = await attack.evaluate(originals, inverted);
  const shape = [1, 8, 8] as const;
  const decoder = await LearnedDecoder.train({ engine, features, images: originals, shape, hidden: [8], epochs: 1 });
  const decoded = await decoder.generate(features);
  return [...Object.values(parameters), inverted, decoded, [l2.mean, ssim.mean]].flatMap((values) => [...values]);
}
