/**
 * Which cipher uWebSockets' TLS takes of those that a client offers: it does not tell, but goes by a rule. Of its three of TLS 1.3 it takes the one that
 * the client names first, except that on a processor without instructions for AES it takes ChaCha20 from whoever offers that.
 */

import { closeSync, openSync, readSync } from "node:fs";

/** Of those that it has, by their numbers on the wire: "TLS_AES_128_GCM_SHA256". Null: none. "": it depends on the processor, and nobody knows (`aes` is null). */
export function chosenCipher(suites: readonly number[], aes: boolean | null): string | null {
  const offered = suites.filter((suite) => NAMES.has(suite));
  const [first] = offered;
  if (first === undefined) return null;
  if (aes === true || !offered.includes(CHACHA20)) return NAMES.get(first)!;
  return aes === false || first === CHACHA20 ? NAMES.get(CHACHA20)! : "";
}

/** Whether the processor has what makes AES-GCM fast, as far as Linux says so; null: it does not. */
export function hasAes(path = "/proc/cpuinfo"): boolean | null {
  const text = beginningOf(path);
  const features = /^(?:flags|Features)\s*:(.*)\n/m.exec(text)?.[1]?.split(/\s+/);
  if (features === undefined) return null;
  return features.includes("aes") && (features.includes("pclmulqdq") || features.includes("pmull"));
}

// --- internal ---

const CHACHA20 = 0x1303;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x1301, "TLS_AES_128_GCM_SHA256"],
  [0x1302, "TLS_AES_256_GCM_SHA384"],
  [CHACHA20, "TLS_CHACHA20_POLY1305_SHA256"],
]);

/** Of one processor; the file has all of them. */
const ENOUGH_BYTES = 8192;

function beginningOf(path: string): string {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(ENOUGH_BYTES);
      return bytes.toString("latin1", 0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
