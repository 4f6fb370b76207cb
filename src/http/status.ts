/** Status codes: phrases, and which have no body. */

import { STATUS_CODES } from "../base/node-http.ts";

/** The standard phrase, or "Unknown". */
export function statusPhrase(status: number): string {
  return STATUS_CODES[status] ?? "Unknown";
}

/** 204 and 304 never carry a body (RFC 9110 §6.4.1). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}
