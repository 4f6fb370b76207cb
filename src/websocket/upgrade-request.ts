/** A request for a WebSocket, in the two shapes that are needed: a web-standard Request for the application, and what `ws` and crossws read. */

import type { IncomingMessage } from "node:http";
import { nodeRequestOf, type LightRequest } from "../adapters/fetch/classes/request.ts";
import type { Exchange, HeaderList } from "../http/exchange.ts";

/** Notes that outlive the upgrade: `peer.context`. */
export type Context = Record<string, unknown>;

/** The Request that hooks and applications are given; `context` becomes the peer's. */
export type RequestWithContext = Request & { readonly context: Context };

/** The request itself, or Node's made of it. */
export function requestFor(light: LightRequest, exchange: Exchange, fastFetch: boolean): RequestWithContext {
  const given = (fastFetch ? light : nodeRequestOf(light)) as unknown as Request;
  if (!fastFetch) Object.defineProperty(given, "ip", { value: exchange.peer.remoteAddress, configurable: true });
  // Frameworks put their own in its place, so it is a property like any other.
  return Object.assign(given, { context: {} });
}

/** The parts of an IncomingMessage that a handshake and a peer need; one is kept for each open WebSocket, so there is no more. */
export class UpgradeRequest {
  readonly exchange: Exchange;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: {
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
    readonly encrypted: boolean;
  };

  constructor(exchange: Exchange) {
    const { peer } = exchange;
    this.exchange = exchange;
    this.method = exchange.method;
    this.url = exchange.target;
    this.headers = joined(exchange.rawHeaders);
    this.socket = {
      remoteAddress: peer.remoteAddress || undefined,
      remotePort: exchange.remotePort || undefined,
      encrypted: peer.encrypted,
    };
  }

  /** For those who only read what is here. */
  get asMessage(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}

// --- internal ---

/** Fields by their lower-case names, repeated ones joined as Node does. */
function joined(list: HeaderList): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase();
    const before = headers[name];
    headers[name] = before === undefined ? list[i + 1]! : `${before}${name === "cookie" ? "; " : ", "}${list[i + 1]!}`;
  }
  return headers;
}
