/** A request in the variables of CGI (RFC 3875): for the wsgi interface, and for `%({variable}e)s` in the access log. */

import type { Exchange, Peer } from "./exchange.ts";
import { headerValue, sameName } from "./headers.ts";
import { targetPath, targetQuery } from "./target.ts";

/**
 * One variable of a request, or undefined if it has none by that (upper-case) name. Names of header fields with underscores are not
 * found: as variables they could not be told from those with hyphens.
 */
export function cgiVariable(exchange: Exchange, name: string): string | undefined {
  switch (name) {
    case "REQUEST_METHOD":
      return exchange.method;
    case "SCRIPT_NAME":
      return "";
    case "PATH_INFO":
      return percentDecode(targetPath(exchange.target));
    case "QUERY_STRING":
      return targetQuery(exchange.target);
    case "RAW_URI":
      return exchange.target;
    case "SERVER_PROTOCOL":
      return serverProtocol(exchange);
    case "SERVER_NAME":
      return serverName(exchange);
    case "SERVER_PORT":
      return serverPort(exchange);
    case "REMOTE_ADDR":
      return exchange.peer.remoteAddress;
    case "REMOTE_PORT":
      return exchange.remotePort === 0 ? undefined : String(exchange.remotePort);
    case "WSGI.URL_SCHEME":
      return urlScheme(exchange.peer);
    case "CONTENT_TYPE":
    case "CONTENT_LENGTH":
      return headerValue(exchange.rawHeaders, name.toLowerCase().replace("_", "-"));
    default:
      return name.startsWith("HTTP_") ? joinedHeader(exchange, name.slice(5)) : undefined;
  }
}

export function serverProtocol(exchange: Exchange): string {
  return `HTTP/${exchange.httpVersion}`;
}

export function urlScheme(peer: Peer): string {
  return peer.scheme;
}

/** The listener's address; on a unix socket, which has none, what the client calls this server. Never empty (RFC 3875 §4.1.14). */
export function serverName(exchange: Exchange): string {
  const { localAddress } = exchange.peer;
  return localAddress !== ""
    ? localAddress
    : splitHost(headerValue(exchange.rawHeaders, "host") ?? "").name || "localhost";
}

export function serverPort(exchange: Exchange): string {
  const { peer } = exchange;
  if (peer.localAddress !== "") return String(peer.localPort);
  const { port } = splitHost(headerValue(exchange.rawHeaders, "host") ?? "");
  return port !== "" ? port : peer.scheme === "https" ? "443" : "80";
}

/** Every %HH becomes the latin-1 character of that byte, "%2F" as well; what is no escape stays. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** A field's name as a variable: HTTP_ACCEPT_ENCODING for "Accept-Encoding". */
export function headerVariable(name: string): string {
  return `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
}

// --- internal ---

function joinedHeader(exchange: Exchange, variable: string): string | undefined {
  const wanted = variable.toLowerCase().replaceAll("_", "-");
  const headers = exchange.rawHeaders;
  let joined: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (sameName(headers[i]!, wanted)) joined = joined === undefined ? headers[i + 1]! : `${joined},${headers[i + 1]!}`;
  }
  return joined;
}

/** "host:8080", "[::1]:8080", "host" into name and port, which may be "". A name in brackets keeps them, as SERVER_NAME does in URLs. */
function splitHost(host: string): { name: string; port: string } {
  const colon = host.lastIndexOf(":");
  if (colon < 0 || host.endsWith("]")) return { name: host, port: "" };
  return { name: host.slice(0, colon), port: host.slice(colon + 1) };
}
