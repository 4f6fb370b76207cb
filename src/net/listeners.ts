/** The listening sockets: bound once by the master, inherited by every worker, closed when the server stops. */

import { lookup } from "node:dns/promises";
import { unlinkSync } from "node:fs";
import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { JunicornError } from "../base/errors.ts";
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
}

/** One bound address. */
export interface BoundListener {
  readonly fd: number;
  /** As the kernel has it: the real port where 0 was asked for. */
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket, or "". */
  readonly unixPath: string;
  /** For people: `http://127.0.0.1:8000` or `unix:/run/app.sock`. */
  readonly url: string;
}

/** How often an address is tried, as Gunicorn does: a predecessor may be about to let go of it. */
export const BIND_ATTEMPTS = 5;

/** Binds all addresses, or none: throws `ERR_BIND` with what is in the way. What `current` has stays bound, and belongs to both then. */
export async function bindListeners(
  addresses: readonly Address[],
  options: BindOptions,
  current: Listeners | null = null,
): Promise<Listeners> {
  const bound: OwnedListener[] = [];
  try {
    for (const address of addresses) {
      const kept = current?.owned.find((entry) => entry.asked === formatAddress(address) && !bound.includes(entry));
      bound.push(kept ?? { ...(await bindPatiently(address, options)), asked: formatAddress(address) });
    }
  } catch (error) {
    new Listeners(bound).closeExcept(current);
    throw error;
  }
  return new Listeners(bound);
}

export class Listeners {
  readonly all: readonly BoundListener[];
  /** Somebody else has these sockets as well (systemd, a master that succeeds us): what waits in their queues is not lost when we go. */
  shared = false;
  readonly owned: OwnedListener[];

  constructor(owned: OwnedListener[]) {
    this.owned = owned;
    this.all = owned.map((entry) => entry.listener);
  }

  get urls(): string {
    return this.all.map((listener) => listener.url).join(",");
  }

  /** Lets go of the sockets and removes the files of unix sockets that are still ours. */
  close(): void {
    this.closeExcept(null);
  }

  /**
   * Nobody new comes in from now on, and what waits in the queues is still served by the workers that hold the sockets. Clients that try
   * are refused as soon as the last of those has let go, so `close()` should follow when the workers know. Not for sockets that are `shared`.
   */
  closeGate(): void {
    for (const { listener, inode } of this.owned) {
      if (listener.unixPath === "") native().closeGate(listener.fd);
      else if (inode !== null && inodeOf(listener.unixPath) === inode) unlinkSync(listener.unixPath);
    }
  }

  /** The same for those that `others` has not. */
  closeExcept(others: Listeners | null): void {
    for (const { listener, inode } of this.owned.splice(0).filter((entry) => others?.owned.includes(entry) !== true)) {
      native().close(listener.fd);
      if (inode !== null && inodeOf(listener.unixPath) === inode) unlinkSync(listener.unixPath);
    }
  }
}

// --- internal ---

interface OwnedListener {
  /** As the settings say it; "" for what came from outside without being asked for. */
  readonly asked: string;
  readonly listener: BoundListener;
  /** Of the unix socket file that was made here; null for TCP and for sockets that came from outside. */
  readonly inode: number | null;
}

/** Failures that may pass by themselves. */
const PASSING = new Set(["EADDRINUSE", "EADDRNOTAVAIL", "EAI_AGAIN"]);

async function bindPatiently(address: Address, options: BindOptions): Promise<Omit<OwnedListener, "asked">> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bind(address, options);
    } catch (error) {
      const problem = explain(error as NodeJS.ErrnoException, address);
      const text = formatAddress(address);
      if (!PASSING.has((error as NodeJS.ErrnoException).code ?? "") || attempt === BIND_ATTEMPTS) {
        throw new JunicornError("ERR_BIND", { address: text, problem }, { cause: error });
      }
      options.log.error(`Cannot bind ${text}: ${problem}. Retrying in 1 second.`);
      await sleep(options.retryMs ?? 1000);
    }
  }
}

async function bind(address: Address, options: BindOptions): Promise<Omit<OwnedListener, "asked">> {
  const { backlog } = options;
  switch (address.kind) {
    case "fd":
      if (!isListening(address.fd)) throw failure("ENOTLISTENING");
      return { listener: describe(address.fd), inode: null };
    case "unix": {
      await removeStaleSocket(address.path);
      const fd = native().listen({ path: address.path, backlog });
      return { listener: describe(fd), inode: inodeOf(address.path) };
    }
    case "tcp": {
      const host = isIP(address.host) ? address.host : await resolve(address.host);
      const fd = native().listen({ host, port: address.port, backlog, deferAcceptSeconds: options.deferAcceptSeconds });
      return { listener: describe(fd), inode: null };
    }
  }
}

function describe(fd: number): BoundListener {
  const { family, address, port }: SocketName = native().socketName(fd);
  if (family === "unix") return { fd, host: "", port: 0, unixPath: address, url: `unix:${address}` };
  const host = family === "IPv6" ? `[${address}]` : address;
  return { fd, host: address, port, unixPath: "", url: `http://${host}:${port}` };
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
