/** Turns upgrade requests into WebSockets for crossws's node adapter: the engine's own where it speaks them, else `ws` on the raw connection. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { HeaderList } from "../http/exchange.ts";
import { speaksWebSocket } from "../http/websocket.ts";
import { EngineSocket } from "./engine-socket.ts";
import { COMPRESSION_THRESHOLD, type SocketLimits } from "./limits.ts";
import { rawSocketClass } from "./raw-socket.ts";
import type { UpgradeRequest } from "./upgrade-request.ts";

export class SocketServer extends WebSocketServer {
  readonly #limits: SocketLimits;

  constructor(limits: SocketLimits) {
    super({
      noServer: true,
      clientTracking: false,
      handleProtocols: () => false, // crossws has chosen, and says so in a header
      maxPayload: limits.maxPayload,
      perMessageDeflate: limits.compression && { serverNoContextTakeover: true, threshold: COMPRESSION_THRESHOLD },
      WebSocket: rawSocketClass(limits.maxBackpressure),
    });
    this.#limits = limits;
  }

  /** The connection is taken from the exchange only now that the application has agreed; a client that has gone meanwhile is let go. */
  override handleUpgrade(
    message: IncomingMessage,
    _socket: Duplex,
    _head: Buffer,
    opened: (socket: WebSocket, message: IncomingMessage) => void,
  ): void {
    const { exchange } = message as unknown as UpgradeRequest;
    if (exchange.over || exchange.started) return;
    if (speaksWebSocket(exchange)) {
      const lines: string[] = [];
      this.emit("headers", lines, message);
      const compression = this.options.perMessageDeflate !== false;
      const agreement = { ...agreed(lines), compression };
      const socket = EngineSocket.accept(exchange, agreement, this.#limits.maxBackpressure);
      if (socket !== null) opened(socket as unknown as WebSocket, message);
      return;
    }
    const { socket, head } = exchange.upgrade();
    super.handleUpgrade(message, socket, head, opened);
  }
}

// --- internal ---

/** The subprotocol is a field of its own for engines. */
function agreed(lines: readonly string[]): { headers: HeaderList; protocol: string } {
  const headers: HeaderList = [];
  let protocol = "";
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "sec-websocket-protocol") protocol = value;
    else headers.push(name, value);
  }
  return { headers, protocol };
}
