/** The two ends of a connection, as exchanges show them. */

import type { Peer, Via } from "../../http/exchange.ts";
import type { Native } from "../../native.ts";
import type { ListenerInfo } from "../engine.ts";

export class ConnectionPeer implements Peer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly unixPath: string;
  readonly encrypted = false;
  readonly scheme = "http";
  readonly trusted: boolean;
  readonly via: Via | null;
  readonly localAddress: string;

  /** `address` and `port` are those of the connection itself, which is who may be trusted. */
  constructor(
    native: Native,
    fd: number,
    address: string,
    port: number,
    listener: ListenerInfo,
    trusted: boolean,
    via: Via | null,
  ) {
    this.trusted = trusted;
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
