/**
 * Which of the data sets in a memory stay there: those used last.
 *
 * @module
 */

/**
 * Data sets that stay whatever their size, the newest included: those of training, validation and test, and one more.
 */
const LEAST = 4;
/** Bytes up to which more of them stay: small ones may take turns in hundreds. */
const BYTES = 2 ** 26;

/** A data set that takes bytes of a memory. */
export interface Sized {
  /** How many. */
  readonly bytes: number;
}

/**
 * Uploaded data sets in the order of their last use. What goes depends on the uses alone, never on a garbage collector.
 */
export class Recent<Upload extends Sized> {
  /** The one used last stands last. */
  readonly #uploads = new Set<Upload>();
  readonly #drop: (upload: Upload) => void;
  #bytes = 0;

  /** @param drop frees what an upload takes; it is not used again */
  constructor(drop: (upload: Upload) => void) {
    this.#drop = drop;
  }

  /** Notes a use of an upload; false if it was dropped. */
  use(upload: Upload): boolean {
    if (!this.#uploads.delete(upload)) return false;
    this.#uploads.add(upload);
    return true;
  }

  /** Drops what must go before an upload of so many bytes comes. */
  makeRoom(bytes: number): void {
    for (const oldest of this.#uploads) {
      if (this.#uploads.size < LEAST || this.#bytes + bytes <= BYTES) return;
      this.#uploads.delete(oldest);
      this.#bytes -= oldest.bytes;
      this.#drop(oldest);
    }
  }

  /** Notes a new upload. */
  add(upload: Upload): void {
    this.#uploads.add(upload);
    this.#bytes += upload.bytes;
  }
}
