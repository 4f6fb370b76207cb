/** What a proxy in front may say about the client: that it came over https, and from where. Only a trusted peer is listened to. */

import type { Exchange, HeaderList, Peer } from "../exchange.ts";
import { sameName } from "../headers.ts";
import { AddressList } from "../../base/address-list.ts";
import { clientAddress, type RealIpHeader } from "./client-address.ts";

export interface TrustOptions {
  /** Addresses and networks of the proxies; "*" is everybody. A unix socket's peer is always trusted. */
  readonly allowed: readonly string[];
  /** Field name → the exact value that means https; any other value means http. */
  readonly secureSchemeHeaders: Readonly<Record<string, string>>;
  /** The field that has the client's address; null: the peer is the client. */
  readonly realIpHeader: RealIpHeader | null;
}

export class Trust {
  readonly #allowed: AddressList;
  readonly #realIpHeader: RealIpHeader | null;
  readonly #schemes: readonly { readonly name: string; readonly secure: string }[];
  /** 1 where some field name that matters has that length: most fields need no second look. */
  readonly #lengths = new Uint8Array(256);

  constructor({ allowed, secureSchemeHeaders, realIpHeader }: TrustOptions) {
    this.#allowed = new AddressList(allowed);
    this.#realIpHeader = realIpHeader;
    this.#schemes = Object.entries(secureSchemeHeaders).map(([name, secure]) => ({ name: name.toLowerCase(), secure }));
    for (const { name } of this.#schemes) this.#lengths[name.length] = 1;
    if (realIpHeader !== null) this.#lengths[realIpHeader.length] = 1;
  }

  /** Whether a peer may say such things; "" is one on a unix socket. */
  trusts(address: string): boolean {
    return this.#allowed.has(address);
  }

  /** The peer as the application is to see it. Null: two fields contradict each other about the scheme, and the request is to be refused. */
  peerOf({ peer, rawHeaders }: Exchange): Peer | null {
    if (!this.#concerns(rawHeaders) || !peer.trusted) return peer;
    const secure = this.#secure(rawHeaders);
    if (secure === "contradiction") return null;
    const client = this.#realIpHeader === null ? null : clientAddress(rawHeaders, this.#realIpHeader, this.#allowed);
    const scheme = secure === "unsaid" ? peer.scheme : secure ? "https" : "http";
    if (scheme === peer.scheme && client === null) return peer;
    return new ForwardedPeer(peer, scheme, client);
  }

  // --- internal ---

  #concerns(headers: HeaderList): boolean {
    for (let i = 0; i < headers.length; i += 2) if (this.#lengths[headers[i]!.length] === 1) return true;
    return false;
  }

  #secure(headers: HeaderList): boolean | "unsaid" | "contradiction" {
    let said: boolean | "unsaid" = "unsaid";
    for (let i = 0; i < headers.length; i += 2) {
      const field = this.#schemes.find(({ name }) => sameName(headers[i]!, name));
      if (field === undefined) continue;
      const secure = headers[i + 1] === field.secure;
      if (said !== "unsaid" && said !== secure) return "contradiction";
      said = secure;
    }
    return said;
  }
}

/** From the settings of the same names. */
export function trustOf(settings: {
  readonly forwardedAllowIps: readonly string[];
  readonly secureSchemeHeaders: Readonly<Record<string, string>>;
  readonly realIpHeader: RealIpHeader | null;
}): Trust {
  const { forwardedAllowIps: allowed, secureSchemeHeaders, realIpHeader } = settings;
  return new Trust({ allowed, secureSchemeHeaders, realIpHeader });
}

// --- internal ---

/** A peer with what the proxy said of the client behind it. Its own ends of the connection stay. */
class ForwardedPeer implements Peer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly unixPath: string;
  readonly encrypted: boolean;
  readonly scheme: Peer["scheme"];
  readonly trusted: boolean;
  readonly via: Peer["via"];
  readonly tls: Peer["tls"];

  constructor(peer: Peer, scheme: Peer["scheme"], client: string | null) {
    this.remoteAddress = client ?? peer.remoteAddress;
    this.remotePort = client === null ? peer.remotePort : 0; // it is the client's address, and the proxy's port
    this.localAddress = peer.localAddress;
    this.localPort = peer.localPort;
    this.unixPath = peer.unixPath;
    this.encrypted = peer.encrypted;
    this.scheme = scheme;
    this.trusted = peer.trusted;
    this.via = peer.via;
    this.tls = peer.tls;
  }
}
