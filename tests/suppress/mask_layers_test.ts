/** Mask layers: how those that a user describes are found among the parameters, and what is refused. */
import { describe, test } from "node:test";
import { lenet5, lenet5MaskLayers, type MaskLayerDes, type ParameterSpec, SuppressPrivacyFactory } from "../../mod.ts";
import { assertEquals, assertThrows } from "#std/assert";

const LAYER: MaskLayerDes = { layerName: "conv1.weight", isAddNoise: false, isLowerClip: false, minNum: -1 };

describe("mask layers", () => {
  const resolve = (...layers: Partial<MaskLayerDes>[]) =>
    SuppressPrivacyFactory.create(lenet5(), layers.map((layer) => ({ ...LAYER, ...layer }))).maskLayers;

  const refused: readonly [layers: Partial<MaskLayerDes>[], message: string][] = [
    [[], "maskLayers is empty"],
    [[{ layerName: "conv9" }], 'maskLayers[0]: layerName "conv9" matches no parameter; there are conv1.weight, conv2'],
    [
      [{}, { layerName: "fc1" }],
      'maskLayers[1]: layerName "fc1" matches fc1.weight and fc1.bias; write the whole name',
    ],
    [[{}, {}], "conv1.weight occurs twice; each parameter can be masked once"],
    [[{}, { layerName: "conv1" }], "conv1.weight occurs twice"],
    [[{ gradIdx: 1 }], 'maskLayers[0]: gradIdx is 1, but "conv1.weight" has index 0 (conv1.weight)'],
    [[{ gradIdx: -1 }], "maskLayers[0]: gradIdx is -1; it must be an integer of at least 0, or left out"],
    [[{ gradIdx: 0.5 }], "maskLayers[0]: gradIdx is 0.5; it must be an integer"],
    [[{ minNum: -2 }], "maskLayers[0]: minNum is -2; it must be -1 (no limit)"],
    [[{ minNum: 1.5 }], "maskLayers[0]: minNum is 1.5"],
    [[{ upperBound: 0 }], "maskLayers[0]: upperBound is 0; it must be a positive number"],
    [[{ upperBound: NaN }], "maskLayers[0]: upperBound is NaN"],
  ];
  for (const [layers, message] of refused) {
    test(`are refused: ${message}`, () => {
      assertThrows(() => resolve(...layers), RangeError, message);
    });
  }

  test("are refused where a field is of another type", () => {
    assertThrows(() => resolve({ layerName: "" }), TypeError, 'layerName is ""; it must be the name of a parameter');
    const noise = { isAddNoise: "yes" } as unknown as MaskLayerDes;
    assertThrows(() => resolve(noise), TypeError, 'isAddNoise is "yes"; it must be true or false');
  });

  test("are found by a part of the name, or by a part and gradIdx where it is ambiguous, and sorted", () => {
    const layers = resolve({ layerName: "fc1", gradIdx: 3 }, { layerName: "v2" }, { layerName: "conv1.weight" });
    assertEquals(layers.map(({ name, gradIdx, count }) => [name, gradIdx, count]), [
      ["conv1.weight", 0, 150],
      ["conv2.weight", 1, 2400],
      ["fc1.bias", 3, 120],
    ]);
  });

  test("prefer the parameter of exactly that name", () => {
    const specs = ["w.extra", "w"].map((name): ParameterSpec => ({
      name,
      shape: [2],
      initial: lenet5().parameters[0]!.initial,
    }));
    const { maskLayers } = SuppressPrivacyFactory.create({ parameters: specs }, [{ ...LAYER, layerName: "w" }]);
    assertEquals(maskLayers.map(({ name, gradIdx }) => [name, gradIdx]), [["w", 1]]);
  });

  test("have an upper bound of 1.20, of 0.10 at least", () => {
    assertEquals(
      [undefined, 0.01, 0.1, 3].map((upperBound) => resolve(upperBound ? { upperBound } : {})[0]!.upperBound),
      [
        1.2,
        0.1,
        0.1,
        3,
      ],
    );
  });

  test("of more than 10,000 weights are handled approximately, but for the network's first parameter", () => {
    const specs = [["a", 10_001], ["b", 10_000], ["c", 10_001]].map(([name, count]): ParameterSpec => {
      return { name: String(name), shape: [Number(count)], initial: { distribution: "zeros", scale: 0 } };
    });
    const layers = specs.map(({ name }) => ({ ...LAYER, layerName: name }));
    const { maskLayers } = SuppressPrivacyFactory.create({ parameters: specs }, layers);
    assertEquals(maskLayers.map(({ approximate }) => approximate), [false, false, true]);
    assertEquals(
      SuppressPrivacyFactory.create(lenet5(), lenet5MaskLayers()).maskLayers.map(({ approximate }) => approximate),
      [false, false, true, true, false],
    );
  });
});
