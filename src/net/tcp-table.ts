/** The kernel's table of TCP sockets, from /proc: for what no system call tells of sockets that nobody has accepted. */

import { readFileSync } from "node:fs";

/** In its handshake, as the table has it. */
const SYN_RECV = "03";

/**
 * Whether a client of one of these ports may be connected, as it sees it, without the kernel having anything to accept: where accepting is
 * deferred until a request comes, that is so until it comes, or until the kernel has asked the client again, a second later. Who was asked again is
 * silent. False where /proc does not say.
 */
export function handshakesUnderWay(ports: ReadonlySet<number>): boolean {
  const local = [...ports].map((port) => port.toString(16).toUpperCase().padStart(4, "0")).join("|");
  // Local and remote address, state, queues, timer, and how often the kernel has repeated itself. Tables are long: one search instead of splitting.
  const row = new RegExp(String.raw`:(?:${local}) \w+:\w{4} ${SYN_RECV} \S+ \S+ 0{8} `);
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((table) => row.test(textOf(table)));
}

// --- internal ---

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
