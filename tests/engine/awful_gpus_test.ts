/**
 * Entries to WebGPU that do not answer, throw or give nonsense: another engine is taken and says why, and who insists
 * gets a named error.
 */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "#std/assert";
import { describe, test } from "node:test";
import { EngineError, type EngineOptions, openEngine } from "../../mod.ts";
import { pause, TimeoutError, within } from "../../src/runtime/timer.ts";

const never = () => new Promise<never>(() => {});
const limits = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxComputeWorkgroupsPerDimension: 65535,
};
const info = { vendor: "", architecture: "", device: "", description: "Some GPU" };

/** An adapter that gives what `device` makes. */
const adapterOf = (device: () => unknown, members: object = {}) => ({
  info,
  limits,
  requestDevice: device,
  ...members,
});
const gpuOf = (requestAdapter: unknown) => ({ requestAdapter }) as GPU;
const gpuWith = (adapter: unknown) => gpuOf(() => Promise.resolve(adapter));

/** What takes every call, answers each by itself, and has `members` besides. */
function anything(members: object = {}): object {
  const taken: object = new Proxy(() => taken, {
    get: (_, key) => key in members ? members[key as keyof object] : key === "then" ? undefined : taken,
  });
  return taken;
}

/** A device that takes every command and does not give back what it computed. */
function silentDevice(members: object = {}) {
  const queue = anything({ onSubmittedWorkDone: never });
  const createBuffer = () => anything({ mapAsync: never });
  return anything({
    limits,
    lost: never(),
    queue,
    createBuffer,
    popErrorScope: () => Promise.resolve(null),
    ...members,
  });
}

/** What each of them is, and what is said of it. */
const AWFUL: readonly [what: string, gpu: () => GPU, reason: RegExp][] = [
  ["requestAdapter does not answer", () => gpuOf(never), /^asking for an adapter failed: no answer within 0\.2 s/],
  [
    "requestDevice does not answer",
    () => gpuWith(adapterOf(never)),
    /Some GPU.*gives no device: no answer within 0\.2 s/,
  ],
  [
    "the device does not compute",
    () => gpuWith(adapterOf(() => Promise.resolve(silentDevice()))),
    /Some GPU was refused: it fails in a product of small matrices: no answer within 0\.2 s/,
  ],
  ["there is no requestAdapter", () => ({}) as GPU, /^asking for an adapter failed: .*not a function/],
  [
    "requestAdapter throws",
    () =>
      gpuOf(() => {
        throw new Error("blocked by a policy");
      }),
    /^asking for an adapter failed: blocked by a policy$/,
  ],
  ["requestAdapter rejects without an error", () => gpuOf(() => Promise.reject()), /adapter failed: undefined$/],
  ["requestAdapter gives undefined", () => gpuWith(undefined), /^there is no adapter$/],
  ["requestAdapter answers at once", () => gpuOf(() => null), /^there is no adapter$/],
  [
    "the adapter has no info and gives no device",
    () => gpuWith(adapterOf(() => Promise.reject(new Error("no more devices")), { info: undefined })),
    /an adapter without a name was refused: it gives no device: no more devices$/,
  ],
  ["the device is nothing", () => gpuWith(adapterOf(() => Promise.resolve(null))), /it gives no device: /],
  ["the adapter has no limits", () => gpuWith(adapterOf(never, { limits: undefined })), /Some GPU was refused: /],
  [
    "the device is lost at once",
    () => {
      const lost = Promise.resolve({ reason: "unknown", message: "it fell off the bus" });
      const createBuffer = () => anything({ mapAsync: () => Promise.reject(new Error("device lost")) });
      return gpuWith(adapterOf(() => Promise.resolve(silentDevice({ lost, createBuffer }))));
    },
    /the GPU's device is lost \(unknown\): it fell off the bus$/,
  ],
];

describe("a GPU of which", () => {
  for (const [what, gpu, reason] of AWFUL) {
    test(`${what} is none`, async () => {
      const engine = await openEngine({ gpu: gpu(), gpuTimeout: 200 });
      assert(engine.name !== "webgpu");
      assertMatch(engine.why.split("; not webgpu: ")[1]!, reason);
      const options: EngineOptions = { engine: "webgpu", gpu: gpu(), gpuTimeout: 200 };
      const { message } = await assertRejects(
        () => openEngine(options),
        EngineError,
        "the webgpu engine cannot run here: ",
      );
      assertMatch(message.slice("the webgpu engine cannot run here: ".length).split("; take another")[0]!, reason);
    });
  }
});

describe("waiting for a GPU", () => {
  test("takes five seconds, unless told otherwise", async () => {
    const start = performance.now();
    const engine = await openEngine({ gpu: gpuOf(never) });
    const seconds = (performance.now() - start) / 1000;
    assertStringIncludes(engine.why, "no answer within 5 s");
    assert(seconds > 4.5 && seconds < 20, `${seconds} s`);
  });

  test("is done once, and again by who waits longer", async () => {
    let asked = 0;
    const gpu = gpuOf(() => (asked++, never()));
    for (const gpuTimeout of [50, 50, 20]) await openEngine({ gpu, gpuTimeout });
    assertEquals(asked, 1);
    assertStringIncludes((await openEngine({ gpu, gpuTimeout: 60 })).why, "within 0.06 s");
    assertEquals(asked, 2);
  });

  test("gives back a device that comes too late", async () => {
    let destroyed = 0;
    const late = async () => {
      await pause(150);
      return silentDevice({ destroy: () => destroyed++ });
    };
    await openEngine({ gpu: gpuWith(adapterOf(late)), gpuTimeout: 50 });
    assertEquals(destroyed, 0);
    await pause(300);
    assertEquals(destroyed, 1);
  });

  test("destroys a device that does not compute", async () => {
    let destroyed = 0;
    const device = silentDevice({ destroy: () => destroyed++ });
    await openEngine({ gpu: gpuWith(adapterOf(() => Promise.resolve(device))), gpuTimeout: 50 });
    assertEquals(destroyed, 1);
  });

  test("takes times and entries that are such, and where they are of use", async () => {
    for (const gpuTimeout of [0, -1, 1.5, NaN, Infinity, 2 ** 31, "1" as unknown as number]) {
      await assertRejects(() => openEngine({ gpuTimeout }), RangeError, `gpuTimeout is ${gpuTimeout}; it must be`);
    }
    await assertRejects(() => openEngine({ engine: "wasm", gpuTimeout: 9 }), RangeError, "the wasm engine uses no GPU");
    for (const gpu of [null, true, "webgpu"]) {
      await assertRejects(() => openEngine({ gpu: gpu as unknown as GPU }), TypeError, `gpu is ${gpu}; it must be`);
    }
  });
});

describe("within", () => {
  test("gives what comes in time, value or error, and leaves the rest alone", async () => {
    assertEquals(await within(1000, Promise.resolve(3)), 3);
    await assertRejects(() => within(1000, Promise.reject(new RangeError("no"))), RangeError, "no");
    await assertRejects(() => within(10, never()), TimeoutError, "no answer within 0.01 s");
    const fails = pause(50).then(() => Promise.reject(new Error("late")));
    await assertRejects(() => within(10, fails), TimeoutError);
    await pause(100);
  });

  test("sees an answer that came while the thread was busy", async () => {
    const answer = within(100, pause(60).then(() => pause(0)).then(() => "here"));
    for (const start = performance.now(); performance.now() - start < 200;);
    assertEquals(await answer, "here");
  });
});
