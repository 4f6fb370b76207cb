/** A request that asks for a WebSocket: an exchange as any other until it is accepted. */

import type { Peer } from "../../http/exchange.ts";
import type { EngineWebSocket, WebSocketAgreement, WebSocketEvents, WebSocketExchange } from "../../http/websocket.ts";
import type { UwsRequest, UwsResponse } from "./binding.ts";
import { UwsExchange, type UwsHost } from "./exchange.ts";
import type { Head } from "./heads.ts";
import { UwsSocket, type WebSocketHost } from "./websocket.ts";

export class UwsWebSocketExchange extends UwsExchange implements WebSocketExchange {
  readonly #engine: UwsHost & WebSocketHost;
  readonly #response: UwsResponse;
  readonly #context: unknown;
  readonly #key: string;
  readonly #extensions: string;
  #socket: UwsSocket | null = null;

  /** Must be made while the handler runs: it copies out of `request`. `context` stays valid. */
  constructor(
    engine: UwsHost & WebSocketHost,
    response: UwsResponse,
    head: Head,
    peer: Peer,
    request: UwsRequest,
    context: unknown,
  ) {
    super(engine, response, head, peer);
    this.#engine = engine;
    this.#response = response;
    this.#context = context;
    this.#key = request.getHeader("sec-websocket-key");
    this.#extensions = request.getHeader("sec-websocket-extensions");
  }

  protected override get mayUpgrade(): boolean {
    return true;
  }

  /** The response of one that has become a WebSocket is none any more. */
  override get remotePort(): number {
    return this.started ? 0 : super.remotePort;
  }

  acceptWebSocket(
    { headers, protocol, compression }: WebSocketAgreement,
    events: WebSocketEvents,
  ): EngineWebSocket | null {
    if (this.over || this.started) return null;
    // From here on the response must not be touched again, by us or by anyone: everything that would do so asks one of these first.
    this.started = true;
    this.ended = true;
    this.status = 101;
    this.responseHeaders = headers;
    this.observer?.exchangeUpgraded?.(this);
    const socket = (this.#socket = new UwsSocket(this.#engine, events, () => this.#closed()));
    const response = this.#response;
    // Not corked, unless we are in the handler: afterwards uWebSockets would take what is in the response's place by then for a response, and may find that it was the last.
    response.writeStatus("101 Switching Protocols");
    for (let i = 0; i < headers.length; i += 2)
      response.writeHeader(headers[i]!, Buffer.from(headers[i + 1]!, "latin1"));
    response.upgrade({ socket }, this.#key, protocol, compression ? this.#extensions : "", this.#context);
    return socket;
  }

  override handlerReturned(): void {
    if (this.#socket === null) super.handlerReturned();
  }

  /** Cuts the connection, be it HTTP's or the WebSocket's. */
  override abort(reason: Error): void {
    if (this.#socket === null) super.abort(reason);
    else this.#socket.terminate();
  }

  #closed(): void {
    this.over = true;
    this.observer?.exchangeOver(this);
  }
}
