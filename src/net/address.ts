/** Addresses to listen on, as people write them: `HOST:PORT`, `unix:PATH`, `fd://N`. */

import { JunicornError } from "../base/errors.ts";
import { ipFamily } from "../base/ip-family.ts";

/** Where to listen. `host` is lower-case, without brackets; a name is left for the resolver. */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "fd"; readonly fd: number };

/** Port of an address that names none. */
export const DEFAULT_PORT = 8000;

/** Host of an address that names none (`:8000`): every IPv4 interface. */
export const ANY_HOST = "0.0.0.0";

/** What an address may look like, for messages and documentation. */
export const ADDRESS_FORMS = "HOST, HOST:PORT, :PORT, [IPV6]:PORT, tcp://HOST:PORT, unix:PATH or fd://N";

/** Reads one address. Throws `ERR_ADDRESS`, whose `problem` says what is wrong and shows how to write it. */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  if (trimmed === "") throw invalid(text, `it is empty; expected ${ADDRESS_FORMS}`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme === "fd") return parseFd(text, trimmed.slice("fd://".length));
  if (scheme === "unix") return parseUnix(text, trimmed.slice("unix://".length));
  if (scheme === "tcp") return parseTcp(text, trimmed.slice("tcp://".length));
  if (scheme !== undefined) throw invalid(text, `${scheme}:// is not listened on; expected ${ADDRESS_FORMS}`);
  if (trimmed.startsWith("unix:")) return parseUnix(text, trimmed.slice("unix:".length));
  return parseTcp(text, trimmed);
}

/** The canonical spelling, which `parseAddress` reads back: `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/app.sock`, `fd://3`. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "tcp":
      return `${ipFamily(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
    case "unix":
      // A path that begins with two slashes would be read as unix://PATH.
      return address.path.startsWith("//") ? `unix://${address.path}` : `unix:${address.path}`;
    case "fd":
      return `fd://${address.fd}`;
  }
}

// --- internal ---

function parseTcp(text: string, rest: string): Address {
  if (rest.startsWith("[")) {
    const [, host = "", port] = /^\[([^\]]*)\](?::(.*))?$/.exec(rest) ?? [];
    if (ipFamily(host) !== 6) throw invalid(text, "between the brackets goes an IPv6 address, as in [::1]:8000");
    return { kind: "tcp", host: host.toLowerCase(), port: parsePort(text, port) };
  }
  if (ipFamily(rest) === 6) throw invalid(text, `an IPv6 address goes in brackets, as in [${rest}]:${DEFAULT_PORT}`);
  const [host = "", port, ...more] = rest.split(":");
  if (more.length > 0) throw invalid(text, `it has too many colons; expected ${ADDRESS_FORMS}`);
  if (host === "" && port === undefined) throw invalid(text, `it has no host; expected ${ADDRESS_FORMS}`);
  if (/^\d+$/.test(host)) throw invalid(text, `a port alone is written with a colon, as in :${host}`);
  if (/[\s/?#@]/.test(host)) {
    const path = /^[./]/.test(host) ? `; the path of a unix socket is written unix:${rest}` : "";
    throw invalid(text, `a host has no spaces, slashes or @${path}`);
  }
  return { kind: "tcp", host: host === "" ? ANY_HOST : host.toLowerCase(), port: parsePort(text, port) };
}

function parsePort(text: string, port: string | undefined): number {
  if (port === undefined) return DEFAULT_PORT;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw invalid(text, `the port is a number from 0 to 65535, as in 127.0.0.1:${DEFAULT_PORT}`);
  }
  return Number(port);
}

function parseUnix(text: string, path: string): Address {
  if (path === "") throw invalid(text, "the path is missing, as in unix:/run/app.sock");
  // sun_path holds 108 bytes with its final NUL; the kernel would cut nothing and say only EINVAL.
  if (Buffer.byteLength(path) > 107) throw invalid(text, "the path of a unix socket has at most 107 bytes");
  return { kind: "unix", path };
}

function parseFd(text: string, number: string): Address {
  if (!/^\d{1,9}$/.test(number)) throw invalid(text, "fd:// is followed by a descriptor number, as in fd://3");
  return { kind: "fd", fd: Number(number) };
}

function invalid(address: string, problem: string): JunicornError {
  return new JunicornError("ERR_ADDRESS", { address: JSON.stringify(address), problem });
}
