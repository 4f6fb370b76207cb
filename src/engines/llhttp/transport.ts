/** What a connection needs of whoever moves its bytes: the addon's streams, or TLS. */

import { Socket } from "node:net";

import { native, type Streams } from "../../native.ts";

/** The calls mean what they mean in `Streams`. */
export interface Transport extends Omit<Streams, "open" | "detach"> {
  /** Gives the connection out as a socket, whose owner the caller is now. Nothing is queued. */
  release(id: number): Socket;
}

export type OnStreamEvent = (id: number, event: number, value: number) => void;

/** Plain connections. */
export interface PlainTransport extends Transport {
  readonly open: Streams["open"];
}

export function plainTransport(onEvent: OnStreamEvent): PlainTransport {
  const streams = new (native().Streams)(onEvent) as Streams & { release: Transport["release"] };
  streams.release = (id) => new Socket({ fd: streams.detach(id), readable: true, writable: true, allowHalfOpen: true });
  return streams;
}
