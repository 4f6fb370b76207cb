/** Checks of what stands in front: idle connections, and whose word is taken. */

import { formatAddress, parseAddress } from "../net/address.ts";
import { fail, ok, type Result, type Subject, warn } from "./finding.ts";
import { isLocal } from "./sockets.ts";

/** Between the balancer's clock and ours. */
const MARGIN_SECONDS = 5;

export function checkKeepAlive({ settings: { keepAlive, workerClass }, behind }: Subject): Result[] {
  if (workerClass === "sync")
    return [ok("the sync class closes each connection after its answer; no proxy reuses one")];
  if (keepAlive === 0) return [ok("keep_alive is 0: each answer says that its connection ends")];
  if (behind === null)
    return [ok(`keep_alive is ${keepAlive} s; --behind NAME compares that with the proxy or load balancer in front`)];
  const { name, idleSeconds, setting } = behind;
  const theirs = `${name} keeps idle connections for ${idleSeconds} s`;
  if (keepAlive > idleSeconds) return [ok(`${theirs}, and keep_alive is longer: ${keepAlive} s`)];
  const change = setting === null ? "" : `, or lower ${setting} there`;
  return [
    fail(
      `${theirs}, and keep_alive is ${keepAlive} s: now and then it sends a request into a connection that is just being closed, and answers 502`,
      `--keep-alive ${Math.ceil(idleSeconds + MARGIN_SECONDS)}${change}`,
    ),
  ];
}

export function checkForwarded({ settings, behind }: Subject): Result[] {
  const { bind, forwardedAllowIps, proxyAllowFrom, proxyProtocol } = settings;
  const open = bind
    .map(parseAddress)
    .filter((address) => !isLocal(address))
    .map(formatAddress);
  const results: Result[] = [];
  if (open.length > 0) {
    const wide = forwardedAllowIps.filter(isWide);
    if (wide.length > 0)
      results.push(tooWide("forwarded_allow_ips", wide, open, "the scheme and the address of the client"));
    const wideProxies = proxyProtocol === "off" ? [] : proxyAllowFrom.filter(isWide);
    if (wideProxies.length > 0)
      results.push(tooWide("proxy_allow_from", wideProxies, open, "the address of the client"));
    if (behind !== null && forwardedAllowIps.every(isLoopback))
      results.push(
        warn(
          `${behind.name} connects to ${open.join(", ")}, and forwarded_allow_ips believes nobody but this machine: its X-Forwarded-Proto does not count`,
          "--forwarded-allow-ips with the addresses or networks that it connects from",
        ),
      );
  }
  if (results.length > 0) return results;
  return [
    ok(
      open.length === 0
        ? "only this machine and unix sockets can connect: whom forwarded_allow_ips believes is safe"
        : `forwarded_allow_ips believes ${forwardedAllowIps.join(", ") || "nobody"}`,
    ),
  ];
}

// --- internal ---

/** `*`, or a network that is more than a company has. */
function isWide(entry: string): boolean {
  if (entry === "*") return true;
  const [address = "", prefix] = entry.split("/");
  return prefix !== undefined && Number(prefix) < (address.includes(":") ? 16 : 8);
}

function isLoopback(entry: string): boolean {
  return entry === "::1" || entry.startsWith("127.");
}

function tooWide(setting: string, wide: readonly string[], open: readonly string[], what: string): Result {
  return warn(
    `${setting} is ${wide.join(", ")}: whoever can connect to ${open.join(", ")} may make up ${what}`,
    `list the addresses or networks of the proxies in ${setting}; keep it only where nothing but the proxy can connect`,
  );
}
