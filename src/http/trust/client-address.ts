/** The client's address as proxies in front have written it down: `X-Forwarded-For`, or `Forwarded` (RFC 7239). */

import type { HeaderList } from "../exchange.ts";
import { sameName } from "../headers.ts";
import type { AddressList } from "../../base/address-list.ts";
import { ipFamily } from "../../base/ip-family.ts";

/** Lower-case names of the fields that may be read. */
export type RealIpHeader = "x-forwarded-for" | "forwarded";

/**
 * Each proxy adds, at the end, whom it was asked by. So the list is read backwards, past the proxies that are trusted; the first address that
 * is not is the client's, and whatever stands before it anybody may have made up. What is no address ends the reading: the last hop known good counts.
 * Null: the field says nothing, and the peer is the client.
 */
export function clientAddress(headers: HeaderList, field: RealIpHeader, trusted: AddressList): string | null {
  let found: string | null = null;
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (!sameName(headers[i]!, field)) continue;
    const hops = field === "forwarded" ? forwardedFor(headers[i + 1]!) : headers[i + 1]!.split(",");
    for (let hop = hops.length - 1; hop >= 0; hop--) {
      const address = addressIn(hops[hop]!.trim());
      if (address === null) return found;
      found = address;
      if (!trusted.has(address)) return found;
    }
  }
  return found;
}

// --- internal ---

/** "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80" → the address; null for "unknown", "_hidden" and the like. */
function addressIn(hop: string): string | null {
  if (isAddress(hop)) return unmapped(hop);
  const [, bracketed, plain] = WITH_PORT.exec(hop) ?? [];
  const address = bracketed ?? plain ?? "";
  return isAddress(address) ? unmapped(address) : null;
}

/** nginx on a dual-stack socket writes IPv4 so. An application that counts or blocks addresses must not see a second name for the same client. */
function unmapped(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** A zone (`fe80::1%eth0`) means something on its own machine only, and may be of any length. */
function isAddress(text: string): boolean {
  return ipFamily(text) !== 0 && !text.includes("%");
}

/** A port may be hidden as addresses may: `_` and a name (RFC 7239, section 6.3). */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::(?:\d{1,5}|_[\w.-]+))?$/;

/** The `for` of each element; "" for an element without one. Commas and semicolons inside quotes belong to the value. */
function forwardedFor(value: string): string[] {
  return splitOutsideQuotes(value, ",").map((element) => {
    for (const pair of splitOutsideQuotes(element, ";")) {
      const equals = pair.indexOf("=");
      if (pair.slice(0, equals).trim().toLowerCase() === "for") return unquoted(pair.slice(equals + 1).trim());
    }
    return "";
  });
}

/** From the end, where the nearest proxy has written: a quote that a client opens and leaves open must not swallow what is added to it. */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let end = text.length;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === '"') quoted = !quoted || isEscaped(text, i);
    else if (text[i] === separator && !quoted) {
      parts.unshift(text.slice(i + 1, end));
      end = i;
    }
  }
  parts.unshift(text.slice(0, end));
  return parts;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text[before - 1] === "\\") before--;
  return (at - before) % 2 === 1;
}

function unquoted(value: string): string {
  if (!value.startsWith('"') || !value.endsWith('"') || value.length < 2) return value;
  return value.slice(1, -1).replace(/\\(.)/g, "$1");
}
