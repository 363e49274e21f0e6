import { assert, assertEquals, assertStringIncludes } from "#std/assert";
import { describe, test } from "node:test";
import { MOST_BYTES } from "../../examples/edge/images.ts";
import worker from "../../examples/edge/worker.ts";
import { drawnDigits, encodeIdx } from "../../mod.ts";
import { inPage } from "../support/here.ts";

const digits = drawnDigits(40, { seed: 3 });
const image = (index: number) => new Uint8Array(digits.images.subarray(784 * index, 784 * (index + 1)));
const idxOf = (count: number, side = 28) =>
  encodeIdx({ type: "uint8", shape: [count, side, side], data: digits.images.slice(0, count * side * side) });

async function post(body: BodyInit, options: RequestInit = {}) {
  const response = await worker.fetch(new Request("http://localhost/", { method: "POST", body, ...options }));
  return {
    status: response.status,
    ...await response.json() as { digits: number[]; probabilities: number[][]; error: string },
  };
}

describe("the edge worker", { skip: inPage }, () => {
  test("gives an image's digit and the probabilities of all ten", async () => {
    const { status, digits: [digit], probabilities: [row] } = await post(image(0));
    assertEquals([status, row!.length, row![digit!]], [200, 10, Math.max(...row!)]);
    assert(Math.abs(row!.reduce((sum, one) => sum + one, 0) - 1) < 1e-12);
  });

  test("reads most drawn digits that it has not seen rightly, and gives one image and many the same bits", async () => {
    const { digits: found, probabilities } = await post(idxOf(40));
    const right = found.filter((digit, i) => digit === digits.labels[i]).length;
    assert(right >= 34, `only ${right} of 40`);
    for (const i of [0, 31, 32, 39]) assertEquals((await post(image(i))).probabilities[0], probabilities[i]);
  });

  const refused: [string, BodyInit, number, string][] = [
    ["an empty body", new Uint8Array(), 400, "the body is empty"],
    ["a byte too many", new Uint8Array(785).fill(1), 400, "785 bytes and is no IDX file; one image has 784 bytes"],
    ["an IDX file cut short", idxOf(2).slice(0, -1), 400, "the body: holds 1567 bytes"],
    ["an IDX file of no image", idxOf(0), 400, "uint8 [0,28,28]; it must be"],
    ["an IDX file of other images", idxOf(1, 27), 400, "uint8 [1,27,27]; it must be"],
    ["more than it may be", new Uint8Array(MOST_BYTES + 1), 413, `at most ${MOST_BYTES} bytes, 1024 images`],
  ];
  for (const [what, body, status, error] of refused) {
    test(`refuses ${what} with ${status} and a sentence`, async () => {
      const answer = await post(body);
      assertEquals(answer.status, status);
      assertStringIncludes(answer.error, error);
    });
  }

  test("stops reading a body that does not end, and believes no length", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65536;
        controller.enqueue(new Uint8Array(65536));
      },
    });
    // A stream as body needs `duplex`, which the types do not know.
    const init = { body, method: "POST", duplex: "half" } as RequestInit;
    const request = new Request("http://localhost/", init);
    assertEquals((await worker.fetch(request)).status, 413);
    assert(sent < 2 * MOST_BYTES, `${sent} bytes were read`);
    const long = { headers: { "content-length": "1e9" } };
    assertEquals((await post(image(0), long)).status, 413);
  });

  test("knows one path and one method", async () => {
    const get = await worker.fetch(new Request("http://localhost/"));
    assertEquals([get.status, get.headers.get("allow")], [405, "POST"]);
    assertEquals((await worker.fetch(new Request("http://localhost/digits", { method: "POST" }))).status, 404);
  });
});
