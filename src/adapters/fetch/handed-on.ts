/** What is no longer true of a message that is handed on from one connection to another, as proxies do. */

/** Fields of one connection only (RFC 9110 §7.6.1). undici refuses to send most of them, too. */
export const HOP_BY_HOP: readonly string[] = [
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Names of the fields to leave out when a Response from fetch() is sent to our client: those of its own connection and, as fetch()
 * has decoded the body but kept the fields that describe what was on the wire, those as well.
 */
export function fieldsToDrop(headers: Iterable<[string, string]>, hasBody: boolean): ReadonlySet<string> {
  if (hasBody) {
    for (const [name, value] of headers) {
      if (name === "content-encoding" && value.split(",").every(isDecoded)) return OF_CONNECTION_AND_CODING;
    }
  }
  return OF_CONNECTION;
}

// --- internal ---

const OF_CONNECTION: ReadonlySet<string> = new Set(HOP_BY_HOP);
const OF_CONNECTION_AND_CODING: ReadonlySet<string> = new Set([...HOP_BY_HOP, "content-encoding", "content-length"]);

const DECODED: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);

/** True of the codings that fetch() undoes in every version of Node. */
function isDecoded(coding: string): boolean {
  return DECODED.has(coding.trim().toLowerCase());
}
