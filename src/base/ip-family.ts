/** Of which family an IP address is. */

import { isIPv4, isIPv6, SocketAddress } from "node:net";

/**
 * What `isIP` of node:net says: 0 for no IP address. Its regular expression for IPv6 takes some 10 ms to compile, which a master and its workers
 * would pay at every start, so it is left to what has more than digits in it: a zone, or what is no address and gets by where a C string ends.
 */
export function ipFamily(text: string): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  if (!text.includes(":")) return 0;
  return (PLAIN.test(text) ? parsesAsIPv6(text) : isIPv6(text)) ? 6 : 0;
}

// --- internal ---

const PLAIN = /^[\da-f:.]+$/i;

function parsesAsIPv6(address: string): boolean {
  try {
    new SocketAddress({ address, family: "ipv6" });
    return true;
  } catch {
    return false;
  }
}
