/**
 * The uWebSockets apps of one listener. A request does not tell which connection it came on, and asking for its address costs more than the rest
 * of its head; but it does tell its app. So clients of one address share an app, which knows it.
 */

import type { Peer, PeerTls, Via } from "../../http/exchange.ts";
import type { ListenerInfo } from "../engine.ts";
import type { UwsApp, UwsResponse } from "./binding.ts";
import { SharedPeer } from "./shared-peer.ts";

/** Addresses that get an app of their own, of some kilobytes; enough for every proxy in front. Clients beyond share one that asks each time. */
export const MOST_ADDRESSES = 64;

export type PeerOf = (res: UwsResponse) => Peer;
/** `peer` is that of all its connections; null: each has to be asked for its own. */
export type MakeApp = (peerOf: PeerOf, peer: Peer | null) => UwsApp;

/** What all connections to these apps have in common. */
export interface Common {
  readonly listener: ListenerInfo;
  /** Null: they are plain. */
  readonly tls: PeerTls | null;
  readonly mostAddresses: number;
}

export class ListenerApps {
  readonly #make: MakeApp;
  readonly #common: Common;
  readonly #trusts: (address: string) => boolean;
  readonly #byAddress = new Map<string, UwsApp>();
  #rest: UwsApp | null = null;

  constructor(make: MakeApp, common: Common, trusts: (address: string) => boolean) {
    this.#make = make;
    this.#trusts = trusts;
    this.#common = common;
  }

  /** Whether the app of a client behind a proxy can be had: no shared one could find out whose address it is. */
  hasRoom(via: Via): boolean {
    return this.#byAddress.size < this.#common.mostAddresses || this.#byAddress.has(keyOf(via.proxy.address, via));
  }

  /** The app for a connection's address; "" on a unix socket. `via` has room. */
  for(address: string, via: Via | null): UwsApp {
    const key = keyOf(address, via);
    const known = this.#byAddress.get(key);
    if (known !== undefined) return known;
    if (via === null && this.#byAddress.size >= this.#common.mostAddresses) {
      return (this.#rest ??= this.#make((res) => this.#peerAt(addressOf(res), null), null));
    }
    const peer = this.#peerAt(address, via);
    const app = this.#make(() => peer, peer);
    this.#byAddress.set(key, app);
    return app;
  }

  /** Cuts every connection. */
  close(): void {
    for (const app of this.#byAddress.values()) app.close();
    this.#rest?.close();
  }

  // --- internal ---

  #peerAt(address: string, via: Via | null): Peer {
    return new SharedPeer({ ...this.#common, address, trusted: this.#trusts(address), via });
  }
}

function keyOf(address: string, via: Via | null): string {
  return via === null ? address : `${address} ${via.source.address} ${via.destination.address} ${via.destination.port}`;
}

function addressOf(res: UwsResponse): string {
  const text = Buffer.from(res.getRemoteAddressAsText()).toString("latin1");
  return text.startsWith(MAPPED) ? text.slice(MAPPED.length) : text;
}

/** IPv4 through an IPv6 socket. */
const MAPPED = "0000:0000:0000:0000:0000:ffff:";
