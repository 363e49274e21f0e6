/**
 * What errors of others say.
 *
 * @module
 */

/** The message of whatever was thrown: an error of any realm, or something else. */
export function reasonOf(thrown: unknown): string {
  const message = (thrown as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === "string" && message !== "" ? message : String(thrown);
}
