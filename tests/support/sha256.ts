/** A hash to compare large results by. */

/** SHA-256 of all parts, one behind the other, in hexadecimal. */
export async function sha256(parts: readonly ArrayBufferView[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(parts as BlobPart[]).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
