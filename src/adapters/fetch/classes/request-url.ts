/** The absolute URL of an incoming request, from its target, its Host field and its connection (RFC 9112 §3.3). */

import type { Exchange, Peer } from "../../../http/exchange.ts";
import { valueOf } from "./header-list.ts";

/** Serialised as `new URL(…).href` would be. Never throws: a Host that is none gives way to the local address. */
export function requestUrl(exchange: Exchange): string {
  const { target, peer } = exchange;
  const scheme = peer.scheme === "https" ? "https://" : "http://";
  // absolute-form: whatever Host says, the target decides
  if (target.charCodeAt(0) !== SLASH && ABSOLUTE.test(target) && URL.canParse(target))
    return withoutUser(new URL(target));
  const path = target.charCodeAt(0) === SLASH ? target : "/";
  const host = exchange.method === "CONNECT" ? target : valueOf(exchange.rawHeaders, "host");
  const authority = host === null || host === "" ? localAuthority(peer) : host;
  if (isPlainHost(authority) && isPlainPath(path)) return scheme + authority + path;
  for (const candidate of [authority, localAuthority(peer)]) {
    const origin = scheme + candidate;
    // a Host of "user@host", "host/path" or "host?x" would move the path or smuggle in credentials
    if (NOT_IN_HOST.test(candidate) || !URL.canParse(origin)) continue;
    return new URL(origin + path).href;
  }
  return new URL(`${scheme}localhost${path}`).href;
}

// --- internal ---

const SLASH = 47;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;
const NOT_IN_HOST = /[@/?#\\\s]/;

/** Characters that a URL parser leaves alone in path and query. */
const PLAIN_PATH = /^[\w\-./~!$&()*+,;=:@%?]*$/;
/** Segments that it resolves: ".", "..", and either with escaped dots. */
const DOT_SEGMENT = /\/(?:\.|%2e)/i;

/** An address as it is usually written. What these two miss only takes the slower way. */
const PLAIN_IPV4 = /^(?:(?:[1-9]?\d|1\d\d)\.){3}(?:[1-9]?\d|1\d\d)(?::(?!80$|443$)(?:[1-9]\d{0,3}|[1-5]\d{4}))?$/;
/** A name whose last label starts with a letter (else it may be read as an IPv4 address), and a port that is no default. */
const PLAIN_NAME = /^(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*(?::(?!80$|443$)(?:[1-9]\d{0,3}|[1-5]\d{4}))?$/;

/** Credentials have no place in a request's URL (RFC 9110 §4.2.4), and the standard's Request refuses them. */
function withoutUser(url: URL): string {
  url.username = "";
  url.password = "";
  return url.href;
}

function isPlainPath(path: string): boolean {
  return PLAIN_PATH.test(path) && !DOT_SEGMENT.test(path);
}

function isPlainHost(host: string): boolean {
  return (PLAIN_NAME.test(host) && !host.includes("xn--")) || PLAIN_IPV4.test(host);
}

function localAuthority(peer: Peer): string {
  if (peer.unixPath !== "" || peer.localAddress === "") return "localhost";
  const host = peer.localAddress.includes(":") ? `[${peer.localAddress}]` : peer.localAddress;
  return `${host}:${peer.localPort}`;
}
