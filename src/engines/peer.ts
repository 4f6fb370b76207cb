/** The two ends of a connection, as exchanges show them. */

import type { Peer, PeerTls, Via } from "../http/exchange.ts";
import type { Native } from "../native.ts";
import type { ListenerInfo } from "./engine.ts";

/** `address` and `port` are those of the connection itself, which is who may be trusted. */
export interface Ends {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  readonly listener: ListenerInfo;
  readonly via: Via | null;
  readonly tls: PeerTls | null;
}

export class ConnectionPeer implements Peer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly unixPath: string;
  readonly encrypted: boolean;
  readonly scheme: Peer["scheme"];
  readonly trusted: boolean;
  readonly via: Via | null;
  readonly tls: PeerTls | null;
  readonly localAddress: string;

  constructor(native: Native, ends: Ends, trusted: boolean) {
    const { fd, address, port, listener, via, tls } = ends;
    this.trusted = trusted;
    this.tls = tls;
    this.encrypted = tls !== null;
    this.scheme = tls === null ? "http" : "https";
    this.via = via;
    this.remoteAddress = via === null ? address : via.source.address;
    this.remotePort = via === null ? port : via.source.port;
    this.localPort = listener.port;
    this.unixPath = listener.unixPath;
    // A wildcard listener does not say which of the machine's addresses was asked for; only then is a system call spent on it.
    this.localAddress =
      listener.unixPath === "" && isWildcard(listener.host) ? native.socketName(fd).address : listener.host;
  }
}

// --- internal ---

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "";
}
