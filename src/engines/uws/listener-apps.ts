/**
 * The uWebSockets apps of one listener. A request does not tell which connection it came on, and asking for its address costs more than the rest
 * of its head; but it does tell its app. So clients of one address share an app, which knows it.
 */

import type { Peer } from "../../http/exchange.ts";
import type { ListenerInfo } from "../engine.ts";
import type { UwsApp, UwsResponse } from "./binding.ts";

/** Addresses that get an app of their own, of some kilobytes; enough for every proxy in front. Clients beyond share one that asks each time. */
const MOST_ADDRESSES = 64;

export type MakeApp = (peerOf: (res: UwsResponse) => Peer) => UwsApp;

export class ListenerApps {
  readonly #make: MakeApp;
  readonly #listener: ListenerInfo;
  readonly #trusts: (address: string) => boolean;
  readonly #byAddress = new Map<string, UwsApp>();
  #rest: UwsApp | null = null;

  constructor(make: MakeApp, listener: ListenerInfo, trusts: (address: string) => boolean) {
    this.#make = make;
    this.#trusts = trusts;
    this.#listener = listener;
  }

  /** The app for a client's address; "" on a unix socket. */
  for(address: string): UwsApp {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    if (this.#byAddress.size >= MOST_ADDRESSES) {
      return (this.#rest ??= this.#make((res) => this.#peerAt(addressOf(res))));
    }
    const peer = this.#peerAt(address);
    const app = this.#make(() => peer);
    this.#byAddress.set(address, app);
    return app;
  }

  /** Cuts every connection. */
  close(): void {
    for (const app of this.#byAddress.values()) app.close();
    this.#rest?.close();
  }

  // --- internal ---

  /** uWebSockets does not tell the client's port. */
  #peerAt(remoteAddress: string): Peer {
    const { host, port, unixPath } = this.#listener;
    return Object.freeze({
      remoteAddress,
      remotePort: 0,
      localAddress: unixPath === "" ? host : "",
      localPort: port,
      unixPath,
      encrypted: false,
      scheme: "http",
      trusted: this.#trusts(remoteAddress),
    });
  }
}

function addressOf(res: UwsResponse): string {
  const text = Buffer.from(res.getRemoteAddressAsText()).toString("latin1");
  return text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text;
}

/** IPv4 through an IPv6 socket. */
const MAPPED = "0000:0000:0000:0000:0000:ffff:";
