import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "#std/assert";
import fc from "fast-check";
import { describe, test } from "node:test";
import {
  Dataset,
  drawnDigits,
  evaluateMembership,
  exampleLosses,
  lenet5,
  membershipScores,
  Model,
  momentum,
  openEngine,
  Random,
  type TrainedNetwork,
} from "../../mod.ts";

const range = (begin: number, end: number) => Array.from({ length: end - begin }, (_, i) => begin + i);
const SCORES = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 });

describe("the evaluation of membership inference", () => {
  test("gives as area the share of pairs in which the member scores higher, ties by half", () => {
    fc.assert(fc.property(SCORES, SCORES, (members, others) => {
      const pairs = members.flatMap((a) => others.map((b) => a > b ? 1 : a === b ? 0.5 : 0));
      const { auc } = evaluateMembership(members, others);
      assertAlmostEquals(auc.mean, pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length, 1e-12);
      assert(0 <= auc.low && auc.low <= auc.mean && auc.mean <= auc.high && auc.high <= 1);
    }));
  });

  test("counts members above all but one in a hundred of the others", () => {
    const others = range(0, 200);
    // Two of the 200 others may lie above: the threshold is 197.
    assertEquals(evaluateMembership([196, 197, 197.5, 500], others).truePositives.mean, 0.5);
    assertEquals(evaluateMembership([198.5, 300], range(0, 99).map((score) => score + 101)).truePositives.mean, 0.5);
    // All scores equal: no threshold finds anybody.
    assertEquals(evaluateMembership([1, 1], [1, 1]).truePositives.mean, 0);
  });

  test("has the interval of Hanley and McNeil", () => {
    const random = new Random(1, 0);
    const scores = (shift: number) => Array.from({ length: 400 }, () => random.uniform() + shift);
    const { auc, members, others } = evaluateMembership(scores(0.1), scores(0));
    const q1 = auc.mean / (2 - auc.mean), q2 = 2 * auc.mean ** 2 / (1 + auc.mean);
    const variance = (auc.mean * (1 - auc.mean) + 399 * (q1 + q2 - 2 * auc.mean ** 2)) / 160_000;
    assertAlmostEquals(auc.high - auc.low, 2 * 1.959964 * Math.sqrt(variance), 1e-6);
    assertEquals([members, others], [400, 400]);
    const blind = evaluateMembership(scores(0), scores(0)).auc;
    assert(blind.low < 0.5 && blind.high > 0.5, JSON.stringify(blind));
  });

  test("takes the losses of shadow models from the loss", () => {
    assertEquals([...membershipScores([1, 2])], [-1, -2]);
    assertEquals([...membershipScores([1, 2], [[4, 2], [2, 2]])], [2, 0]);
    assertThrows(() => membershipScores([1, 2], [[1]]), RangeError, "shadows[0] has 1 losses; there are 2");
    assertThrows(() => evaluateMembership([], [1]), RangeError, "memberScores is empty");
    assertThrows(() => evaluateMembership([1], [0, NaN]), RangeError, "otherScores[1] is NaN");
  });
});

describe("membership inference", () => {
  const digits = new Dataset(drawnDigits(800), { size: [32, 32], shuffleBuffer: 0 });

  /** LeNet-5 trained on the digits from `begin` to before `end`, until it knows them by heart. */
  async function trained(begin: number, end: number, seed: number): Promise<TrainedNetwork> {
    const part = new Dataset(drawnDigits(800), { size: [32, 32] });
    const model = new Model({
      engine: await openEngine(),
      network: lenet5({ seed }),
      optimizer: momentum({ lr: 0.02 }),
    });
    const only = {
      source: part.source,
      size: part.size,
      scale: part.scale,
      labels: part.labels,
      batches: () => Math.floor((end - begin) / 20),
      epoch: (_: number, batchSize: number) =>
        range(0, Math.floor((end - begin) / batchSize)).map((batch) =>
          range(begin + batch * batchSize, begin + (batch + 1) * batchSize)
        ),
    };
    await model.train(30, only, { batchSize: 20 });
    return { network: model.network, parameters: await model.parameters() };
  }

  test("tells what a network learnt by heart, by its losses alone and beside those of shadow models", async () => {
    const engine = await openEngine();
    const victim = await trained(0, 200, 1);
    const shadows = [await trained(400, 600, 2), await trained(500, 700, 3), await trained(600, 800, 4)];
    const [members, others] = [range(0, 200), range(200, 400)];
    const losses = async (network: TrainedNetwork) =>
      [
        await exampleLosses(engine, network, digits, members),
        await exampleLosses(engine, network, digits, others),
      ] as const;
    const own = await losses(victim), theirs = await Promise.all(shadows.map(losses));
    const alone = evaluateMembership(membershipScores(own[0]), membershipScores(own[1]));
    const beside = evaluateMembership(
      membershipScores(own[0], theirs.map(([their]) => their)),
      membershipScores(own[1], theirs.map(([, their]) => their)),
    );
    assert(alone.auc.low > 0.5, JSON.stringify(alone));
    assert(beside.auc.low > 0.5, JSON.stringify(beside));
  });

  test("takes the losses that training has, of any number of images", async () => {
    const engine = await openEngine();
    const network = lenet5(), program = engine.program(network, { batchSize: 7, gradients: "parameters" });
    const parameters = await program.parameters.values();
    program.load(digits, range(3, 10));
    program.gradients();
    const losses = await exampleLosses(engine, { network, parameters }, digits, range(3, 10));
    assertAlmostEquals(losses.reduce((sum, loss) => sum + loss, 0) / 7, await program.loss(), 1e-6);
    const many = await exampleLosses(engine, { network, parameters }, digits, range(0, 300));
    assertEquals([many.length, many.slice(3, 10)], [300, losses]);
    assertEquals((await exampleLosses(engine, { network, parameters }, digits, [])).length, 0);
    await assertRejects(() => exampleLosses(engine, { network, parameters }, digits, [800]), RangeError, "index 800");
    // With values left as drawn, the losses would be those of another network.
    const { [network.parameters[0]!.name]: first, ...part } = parameters;
    const lacking = { network, parameters: part };
    const lacks = `parameters lacks ${network.parameters[0]!.name}`;
    await assertRejects(() => exampleLosses(engine, lacking, digits, [0]), RangeError, lacks);
    const doubled = { ...part, [network.parameters[0]!.name]: new Float64Array(first!) as unknown as Float32Array };
    await assertRejects(
      () => exampleLosses(engine, { network, parameters: doubled }, digits, [0]),
      TypeError,
      "Float64Array",
    );
  });
});
