/** A WebSocket that the `ws` package speaks on a raw connection, with our limit on what may be queued for a slow peer. */

import { WebSocket } from "ws";

/** The class for a server's connections. `ws` makes them itself, so the limit has to be part of the class. */
export function rawSocketClass(maxBackpressure: number): typeof WebSocket {
  if (maxBackpressure === 0) return WebSocket;
  return class RawSocket extends WebSocket {
    override send(...call: unknown[]): void {
      if (this.bufferedAmount <= maxBackpressure) return Reflect.apply(super.send, this, call) as void;
      if (this.readyState === WebSocket.OPEN) this.emit("overflow");
      this.terminate();
    }
  };
}
