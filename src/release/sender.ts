/**
 * What a device sends for an image's code.
 *
 * @module
 */
import { integer } from "../checks/numbers.ts";
import type { CodeTable } from "./merge.ts";
import { type RandomizedResponse, respond } from "./response.ts";

/** What is sent for which code, and whose secret decides. */
export interface CodeSenderOptions {
  /** The table of merged codes. */
  readonly table: CodeTable;
  /** Over the codes that the table sends; by default nothing is left to chance. */
  readonly response?: RandomizedResponse;
  /**
   * The device's secret, at least 16 bytes; by default 32 of the runtime's cryptographic generator. Who knows it takes
   * the chance away; without it a device that starts anew answers the same image anew, which adds up.
   */
  readonly key?: Uint8Array;
}

/** Bytes of a key that is drawn, and of the shortest. */
const KEY_BYTES = 32, LEAST_KEY_BYTES = 16;

/**
 * Sends codes by a table and, if wanted, by a randomised response. Its chance is HMAC-SHA-256 of the image's bytes
 * under the device's secret: the same image is always answered alike, so that asking again tells nothing new. An image
 * that differs in a bit is another one: of near-duplicates, of frames and crops of one thing, each answer tells its
 * own, and a budget has to count them.
 *
 * Source: the answer that stays is that of Erlingsson, Pihur and Korolova, "RAPPOR", 2014.
 */
export class CodeSender {
  readonly #table: CodeTable;
  readonly #response: RandomizedResponse | undefined;
  readonly #key: Promise<CryptoKey> | undefined;

  /**
   * Takes a key, or draws one.
   *
   * @throws {RangeError} if the response is over another number of codes, or the key is too short.
   * @throws {TypeError} if there is a response but no `crypto.subtle`, as in pages that are not served securely.
   * @example
   * ```ts
   * import { CodeSender, mergeRareCodes, randomizedResponse } from "@tacet/tacet";
   * const table = mergeRareCodes({ codes: 4, population: [0, 1, 2, 3], predictions: [7, 7, 3, 3] });
   * const response = randomizedResponse({ epsilon: 2, predictions: table.predictions });
   * const sender = new CodeSender({ table, response });
   * console.log(await sender.send(2, Uint8Array.of(0, 128, 255))); // 2 or 3, and the same whenever it is asked
   * ```
   */
  constructor({ table, response, key }: CodeSenderOptions) {
    this.#table = table;
    this.#response = response;
    if (!response) return;
    if (response.groups.length !== table.predictions.length) {
      throw new RangeError(
        `response is over ${response.groups.length} codes, but the table sends ${table.predictions.length}`,
      );
    }
    if (!globalThis.crypto?.subtle) throw new TypeError("this runtime has no crypto.subtle, which a response needs");
    const secret = key ?? crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    integer("the length of key", secret.length, LEAST_KEY_BYTES);
    const bytes = Uint8Array.from(secret), algorithm = { name: "HMAC", hash: "SHA-256" };
    this.#key = crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  }

  /**
   * What is sent for the code of an image.
   *
   * @param code as {@link CodeEncoder} gives it
   * @param image its bytes, as they came from the camera or the file: what is the same image is decided by them
   * @throws {RangeError} (as a rejection) if the table has no such code.
   */
  async send(code: number, image: Uint8Array): Promise<number> {
    const sent = this.#table.sent[integer("code", code, 0, this.#table.sent.length - 1, ", the table's last")]!;
    if (!this.#response || !this.#key) return sent;
    const hash = await crypto.subtle.sign("HMAC", await this.#key, Uint8Array.from(image));
    return respond(this.#response, sent, new DataView(hash).getUint32(0));
  }
}
