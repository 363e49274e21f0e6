/** Training with suppression: what falls silent, and what a model refuses to be trained with. */
import { describe, test } from "node:test";
import {
  lenet5,
  momentum,
  openEngine,
  sgd,
  SuppressCtrl,
  SuppressMasker,
  SuppressModel,
  SuppressPrivacyFactory,
} from "../../mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "#std/assert";
import { few, LAYERS, PLAN, reader, suppressedReader } from "../support/digit_reader.ts";

describe("a suppressed model", () => {
  const train = few(320);

  test("falls silent as planned, says so step by step, and can still read", async () => {
    const { model, control } = await suppressedReader();
    const operations: number[] = [];
    const masker = new SuppressMasker(control, ({ targetSparsity }) => operations.push(targetSparsity));
    await model.train(3, train, { batchSize: 16, callbacks: [masker] });
    assertEquals([operations.length, control.operations], [9, 9]);
    const { total, convolutions, network, layers } = await model.sparsity();
    const masks = await model.masks(), parameters = await model.parameters();
    const zeros = (name: string) => masks[name]!.filter((kept) => kept === 0).length;
    assertEquals(Object.keys(layers), ["conv1.weight", "fc1.weight"]);
    for (const [name, share] of Object.entries(layers)) {
      assertEquals([share.weights, share.masked], [masks[name]!.length, zeros(name) / masks[name]!.length]);
      assert(masks[name]!.every((kept, i) => kept === 1 || parameters[name]![i] === 0));
      assert(share.zero >= share.masked && share.masked > 0.85 && share.masked <= 0.9, `${name}: ${share.masked}`);
    }
    const all = zeros("conv1.weight") + zeros("fc1.weight");
    assertEquals([total.weights, total.masked, convolutions], [200 + 9216, all / 9416, layers["conv1.weight"]!]);
    assertEquals([network.weights, network.masked], [9416 + 8 + 32 + 330, all / 9786]);
    assert((await model.eval(few(320))).accuracy! > 0.4);
  });

  test("is silent to the last weight when the very last step was followed by an operation", async () => {
    const { model, control } = await suppressedReader({}, { maskTimes: 40 });
    let last = 0;
    const masker = new SuppressMasker(control, ({ step }) => last = step);
    await model.train(3, train, { batchSize: 16, callbacks: [masker] });
    assertEquals(last, 60);
    const masks = await model.masks(), weights = (await model.parameters())["fc1.weight"]!;
    assert(weights.every((weight, i) => masks["fc1.weight"]![i] === 1 || weight === 0));
  });

  test("is refused before a control is linked", async () => {
    const { engine, network } = { engine: await openEngine(), network: reader() };
    const bare = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.2 }) });
    await assertRejects(
      () => bare.train(3, train),
      TypeError,
      "no SuppressCtrl is linked: call linkSuppressCtrl before train",
    );
  });

  test("refuses a control that does not fit its optimizer, and a second one", async () => {
    const { model, control } = await suppressedReader();
    assertThrows(() => model.linkSuppressCtrl(control), TypeError, "already has a SuppressCtrl");
    const engine = await openEngine(), network = reader();
    const heavy = new SuppressModel({ engine, network, optimizer: momentum({ lr: 0.2 }) });
    assertThrows(
      () => heavy.linkSuppressCtrl(control),
      TypeError,
      "the optimizer is momentum; suppress privacy needs plain sgd",
    );
    const slow = new SuppressModel({ engine, network, optimizer: sgd({ lr: 0.1 }) });
    assertThrows(
      () => slow.linkSuppressCtrl(control),
      RangeError,
      "lr is 0.1, but the SuppressCtrl was made for lr 0.2",
    );
  });

  test("refuses other epochs and batches than planned, a missing masker, another's masker and a second run", async () => {
    const { model, masker } = await suppressedReader();
    const callbacks = [masker];
    await assertRejects(
      () => model.train(2, train, { batchSize: 16, callbacks }),
      RangeError,
      "epochs is 2, but the SuppressCtrl was made for 3 epochs",
    );
    await assertRejects(
      () => model.train(3, train, { callbacks }),
      RangeError,
      "10 batches of 32 in an epoch, but the SuppressCtrl was made for batchNum 20",
    );
    for (const others of [[], [(await suppressedReader()).masker]]) {
      await assertRejects(
        () => model.train(3, train, { batchSize: 16, callbacks: others }),
        TypeError,
        "no SuppressMasker of the linked",
      );
    }
    assertEquals(model.steps, 0);
    await model.train(3, train, { batchSize: 16, callbacks });
    await assertRejects(
      () => model.train(3, train, { batchSize: 16, callbacks }),
      TypeError,
      "already serves a training run; create another",
    );
  });

  test("refuses a control that was made for another network", async () => {
    const control = SuppressPrivacyFactory.create(lenet5(), LAYERS, PLAN);
    const other = new SuppressModel({ engine: await openEngine(), network: reader(), optimizer: sgd({ lr: 0.2 }) });
    other.linkSuppressCtrl(control);
    const callbacks = [new SuppressMasker(control)];
    await assertRejects(
      () => other.train(3, train, { batchSize: 16, callbacks }),
      TypeError,
      "was made for a network with conv1.weight, conv2",
    );
    assert(control instanceof SuppressCtrl);
  });
});
