/** The port of a client. uWebSockets' older version does not tell it, and to ask at every request would cost too much: whoever wants to know it asks its socket. */

import { native } from "../../native.ts";
import type { UwsResponse } from "./binding.ts";

/** 0 where it is not known. The response must be neither answered nor aborted. */
export function clientPort(response: UwsResponse): number {
  return clientPortAt(native().uwsSocket(response));
}

/** The same of a socket; -1: there is none. */
export function clientPortAt(fd: number): number {
  if (fd < 0) return 0;
  try {
    return native().peerName(fd).port;
  } catch {
    return 0; // the client is gone, and uWebSockets has not noticed yet
  }
}
