/** A WebSocket that the `ws` package speaks on a raw connection, with what we ask of it besides. */

import { WebSocket } from "ws";

/** The class for a server's connections. `ws` makes them itself, so what differs has to be part of the class. */
export function rawSocketClass(maxBackpressure: number): typeof WebSocket {
  return class RawSocket extends WebSocket {
    // Not #private: crossws shows applications a Proxy of this, and its methods are called on that.
    private closedWith = 0;

    /** A client that reads too slowly is cut when more than the limit waits for it. */
    override send(...call: unknown[]): void {
      if (maxBackpressure === 0 || this.bufferedAmount <= maxBackpressure) {
        return Reflect.apply(super.send, this, call) as void;
      }
      if (this.readyState === WebSocket.OPEN) this.emit("overflow");
      this.terminate();
    }

    /** After a breach of the protocol `ws` waits for no answer, and reports 1006; what the client was told says more. */
    override emit(event: string | symbol, ...details: unknown[]): boolean {
      if (event === "error") this.closedWith = codeFor(details[0]);
      else if (event === "close" && details[0] === ABNORMAL && this.closedWith !== 0) details[0] = this.closedWith;
      return super.emit(event, ...details);
    }
  };
}

// --- internal ---

const ABNORMAL = 1006;

/** The codes that `ws` closes with after errors of its own; all others are 1002. */
const CODES: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

/** 0 for errors of the connection. */
function codeFor(error: unknown): number {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" || !code.startsWith("WS_ERR_")) return 0;
  return CODES[code] ?? 1002;
}
