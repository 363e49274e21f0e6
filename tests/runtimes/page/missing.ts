/** What a test needs and a page or a worker has not: the test that asks for it is skipped, with this as the reason. */
export class MissingHere extends Error {
  override name = "MissingHere";
  constructor(what: string) {
    super(`needs ${what}: not here`);
  }
}

/** A function that cannot be called here. */
export function missing(what: string): (...given: unknown[]) => never {
  // No arrow: it may be called with `new`.
  return function () {
    throw new MissingHere(what);
  };
}
