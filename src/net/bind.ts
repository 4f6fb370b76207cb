/** Making one listening socket, or as many for one address as there are to be lanes. */

import { lookup } from "node:dns/promises";
import { chownSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { JunicornError } from "../base/errors.ts";
import { ipFamily } from "../base/ip-family.ts";
import type { Log } from "../base/log.ts";
import { native, type SocketName } from "../native.ts";
import { formatAddress, type Address } from "./address.ts";
import { portHolder } from "./port-holder.ts";
import { failure, inodeOf, removeStaleSocket } from "./socket-file.ts";

export interface BindOptions {
  readonly backlog: number;
  /** Workers hear of a TCP connection once its first bytes are here, or after this many seconds; 0 is off. */
  readonly deferAcceptSeconds: number;
  readonly log: Log;
  /** Between attempts, in ms. */
  readonly retryMs?: number;
  /** Sockets for each TCP address, among which the kernel spreads connections (SO_REUSEPORT). Undefined: one, and no such option. */
  readonly lanes?: number;
  /** For the files of unix sockets; undefined: the process's own. */
  readonly umask?: number;
  /** Who is to own the files of unix sockets; undefined: this user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** One bound socket. */
export interface BoundListener {
  readonly fd: number;
  /** As the kernel has it: the real port where 0 was asked for. */
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket, or "". */
  readonly unixPath: string;
  /** For people: `http://127.0.0.1:8000` or `unix:/run/app.sock`. */
  readonly url: string;
  /** Its number among several of one address; null: it is the only one, and every worker serves it. */
  readonly lane: number | null;
}

/** What was made for an address. */
export interface Bound {
  readonly listener: BoundListener;
  /** Of the unix socket file that was made here; null for TCP and for sockets that came from outside. */
  readonly inode: number | null;
}

/** How often an address is tried, as Gunicorn does: a predecessor may be about to let go of it. */
export const BIND_ATTEMPTS = 5;

/** Throws `ERR_BIND` with what is in the way. */
export async function bindPatiently(address: Address, options: BindOptions): Promise<Bound[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bindOnce(address, options);
    } catch (error) {
      const { details, cause } = error as JunicornError;
      if (!PASSING.has((cause as NodeJS.ErrnoException | undefined)?.code ?? "") || attempt === BIND_ATTEMPTS)
        throw error;
      options.log.error(`Cannot bind ${details["address"]}: ${details["problem"]}. Retrying in 1 second.`);
      await sleep(options.retryMs ?? 1000);
    }
  }
}

/** The same in a single attempt. */
export async function bindOnce(address: Address, options: BindOptions): Promise<Bound[]> {
  try {
    return await bind(address, options);
  } catch (error) {
    if (error instanceof JunicornError) throw error;
    const problem = explain(error as NodeJS.ErrnoException, address);
    throw new JunicornError("ERR_BIND", { address: formatAddress(address), problem }, { cause: error });
  }
}

/** What is known of a socket that listens. Throws `ERR_BIND` if it does not. */
export function describeListener(fd: number, lane: number | null): BoundListener {
  if (!isListening(fd)) {
    const problem = explain(failure("ENOTLISTENING"), { kind: "fd", fd });
    throw new JunicornError("ERR_BIND", { address: `fd://${fd}`, problem });
  }
  const { family, address, port }: SocketName = native().socketName(fd);
  if (family === "unix") return { fd, host: "", port: 0, unixPath: address, url: `unix:${address}`, lane };
  const host = family === "IPv6" ? `[${address}]` : address;
  return { fd, host: address, port, unixPath: "", url: `http://${host}:${port}`, lane };
}

// --- internal ---

/** Failures that may pass by themselves. */
const PASSING = new Set(["EADDRINUSE", "EADDRNOTAVAIL", "EAI_AGAIN"]);

async function bind(address: Address, options: BindOptions): Promise<Bound[]> {
  switch (address.kind) {
    case "fd":
      return [{ listener: describeListener(address.fd, null), inode: null }];
    case "unix":
      return [await bindFile(address.path, options)];
    case "tcp": {
      const host = ipFamily(address.host) !== 0 ? address.host : await resolve(address.host);
      return bindPort(host, address.port, options);
    }
  }
}

async function bindFile(path: string, { backlog, umask, owner }: BindOptions): Promise<Bound> {
  await removeStaleSocket(path);
  const before = umask === undefined ? undefined : process.umask(umask);
  try {
    const listener = describeListener(native().listen({ path, backlog }), null);
    if (owner !== undefined && !path.startsWith("@")) chownSync(path, owner.uid, owner.gid);
    return { listener, inode: inodeOf(path) };
  } finally {
    if (before !== undefined) process.umask(before);
  }
}

function bindPort(host: string, port: number, { backlog, deferAcceptSeconds, lanes }: BindOptions): Bound[] {
  const reusePort = lanes !== undefined;
  const bound: Bound[] = [];
  try {
    for (let lane = 0; lane < (lanes ?? 1); lane++) {
      // Port 0 is chosen once.
      const at = bound[0]?.listener.port ?? port;
      const fd = native().listen({ host, port: at, backlog, deferAcceptSeconds, reusePort });
      bound.push({ listener: describeListener(fd, lanes === undefined || lanes === 1 ? null : lane), inode: null });
    }
  } catch (error) {
    for (const { listener } of bound) native().close(listener.fd);
    throw error;
  }
  return bound;
}

/** IPv4 first: "localhost" then means what most clients and health checks try. */
async function resolve(host: string): Promise<string> {
  return (await lookup(host, { order: "ipv4first" })).address;
}

function isListening(fd: number): boolean {
  try {
    return native().isListening(fd);
  } catch {
    return false; // not open, or no socket at all
  }
}

function explain(error: NodeJS.ErrnoException, address: Address): string {
  switch (error.code) {
    case "EADDRINUSE": {
      const holder = address.kind === "tcp" ? portHolder(address.port) : "";
      return `the address is already in use${holder === "" ? "" : ` by ${holder}`} (EADDRINUSE)`;
    }
    case "EACCES":
      return address.kind === "tcp" && address.port < 1024
        ? `ports below 1024 need root or the capability CAP_NET_BIND_SERVICE (EACCES); try a port from 1024, such as 8000`
        : "permission denied (EACCES)";
    case "EADDRNOTAVAIL":
      return "no interface of this machine has that address (EADDRNOTAVAIL)";
    case "EAFNOSUPPORT":
      return "this machine has no such address family (EAFNOSUPPORT); is IPv6 switched off?";
    case "ENOTFOUND":
      return "the host name does not resolve (ENOTFOUND)";
    case "EAI_AGAIN":
      return "the host name cannot be resolved at the moment (EAI_AGAIN)";
    case "ENOENT":
      return "the directory does not exist (ENOENT)";
    case "ENOTSOCKET":
      return "there is a file at that path, and it is not a socket";
    case "ENOTLISTENING":
      return "the descriptor is not a listening socket; systemd passes the first as fd://3";
    default:
      return error.message;
  }
}
