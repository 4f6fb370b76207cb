/** The two ends of all connections of one app of uWebSockets: they come from one address, and from as many ports as there are. */

import type { Peer, PeerTls, Via } from "../../http/exchange.ts";
import type { ListenerInfo } from "../engine.ts";
import type { UwsResponse } from "./binding.ts";
import { clientPort, clientPortAt } from "./client-port.ts";

/** What they share. */
export interface Shared {
  readonly address: string;
  readonly listener: ListenerInfo;
  readonly trusted: boolean;
  readonly via: Via | null;
  readonly tls: PeerTls | null;
}

export class SharedPeer implements Peer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly unixPath: string;
  readonly encrypted: boolean;
  readonly scheme: Peer["scheme"];
  readonly trusted: boolean;
  readonly via: Via | null;
  readonly tls: PeerTls | null;

  constructor({ address, listener, trusted, via, tls }: Shared) {
    this.remoteAddress = via === null ? address : via.source.address;
    this.remotePort = 0;
    this.localAddress = listener.unixPath === "" ? listener.host : "";
    this.localPort = listener.port;
    this.unixPath = listener.unixPath;
    this.encrypted = tls !== null;
    this.scheme = tls === null ? "http" : "https";
    this.trusted = trusted;
    this.via = via;
    this.tls = tls;
    Object.freeze(this);
  }
}

/** The client's port, as far as it is known of a peer and, while that is open, a response. */
export function remotePortOf(peer: Peer, response: UwsResponse | null): number {
  return response !== null && asksSocket(peer) ? clientPort(response) : peer.remotePort;
}

/** The same, of a connection's socket. */
export function portAt(peer: Peer, fd: number): number {
  return asksSocket(peer) ? clientPortAt(fd) : peer.remotePort;
}

// --- internal ---

function asksSocket(peer: Peer): boolean {
  return peer instanceof SharedPeer && peer.via === null && peer.unixPath === "";
}
