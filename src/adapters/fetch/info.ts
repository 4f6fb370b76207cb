/** What a fetch handler gets beside the request. */

import type { Exchange, PeerTls } from "../../http/exchange.ts";
import { LightHeaders } from "./classes/headers.ts";
import { trailersOf, type LightRequest } from "./classes/request.ts";

/** Deno's shape of a network address. */
export interface NetworkAddress {
  readonly transport: "tcp" | "unix";
  readonly hostname: string;
  readonly port: number;
}

/**
 * The second argument of a fetch handler: `fetch(request, info)`; in Hono it is `c.env`. It carries the connection's two ends, and
 * also answers as the info of Deno (`remoteAddr`), the server of Bun (`requestIP()`) and the bindings of @hono/node-server
 * (`incoming.socket`), so that helpers written for them find the client's address.
 */
export class FetchInfo {
  readonly #exchange: Exchange;
  readonly #request: LightRequest;

  constructor(exchange: Exchange, request: LightRequest) {
    this.#exchange = exchange;
    this.#request = request;
  }

  /** The client's IP address, or "" on a unix socket. */
  get remoteAddress(): string {
    return this.#exchange.peer.remoteAddress;
  }

  get remotePort(): number {
    return this.#exchange.remotePort;
  }

  get localAddress(): string {
    return this.#exchange.peer.localAddress;
  }

  get localPort(): number {
    return this.#exchange.peer.localPort;
  }

  get encrypted(): boolean {
    return this.#exchange.peer.encrypted;
  }

  /** What was agreed on with the client, and the certificate that it has shown; null where the connection is not TLS. */
  get tls(): PeerTls | null {
    return this.#exchange.peer.tls;
  }

  /** The request's trailer fields: resolves when the application has read the body to its end, rejects if the body fails. */
  get trailers(): Promise<Headers> {
    return trailersOf(this.#request).then((list) => {
      const headers = new LightHeaders();
      for (let i = 0; i < list.length; i += 2) headers.append(list[i]!, list[i + 1]!);
      return headers as unknown as Headers;
    });
  }

  /** As Deno gives it. */
  get remoteAddr(): NetworkAddress {
    const { remoteAddress, unixPath } = this.#exchange.peer;
    return { transport: unixPath === "" ? "tcp" : "unix", hostname: remoteAddress, port: this.remotePort };
  }

  /** As Bun gives it; null on a unix socket. */
  requestIP(): { address: string; family: "IPv4" | "IPv6"; port: number } | null {
    const { remoteAddress } = this.#exchange.peer;
    return remoteAddress === ""
      ? null
      : { address: remoteAddress, family: familyOf(remoteAddress), port: this.remotePort };
  }

  /** As @hono/node-server gives it, as far as the address goes. */
  get incoming(): { readonly socket: { remoteAddress: string; remotePort: number; remoteFamily: "IPv4" | "IPv6" } } {
    const { remoteAddress } = this.#exchange.peer;
    return { socket: { remoteAddress, remotePort: this.remotePort, remoteFamily: familyOf(remoteAddress) } };
  }
}

// --- internal ---

function familyOf(address: string): "IPv4" | "IPv6" {
  return address.includes(":") ? "IPv6" : "IPv4";
}
