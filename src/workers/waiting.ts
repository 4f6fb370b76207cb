/** What a process waits for, when its event loop turns and nothing comes: its timers, connections, child processes and other pending work. */

import { peerName } from "../base/peer-name.ts";

/** Knows what a process, or a thread, has of its own, and so what the application has added. */
export class Waiting {
  /** Told by whoever runs the application elsewhere; null while it runs here. */
  elsewhere: (() => Promise<string>) | null = null;
  #own: Resources = countResources();

  /** The application begins: what is here now is none of its. */
  begin(): void {
    this.#own = countResources();
  }

  /** For people, in lines. */
  async describe(): Promise<string> {
    return this.elsewhere === null ? describeWaiting(this.#own) : this.elsewhere();
  }
}

// --- internal ---

/** By kind, as Node names them, how many there are now. */
type Resources = ReadonlyMap<string, number>;

function countResources(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function describeWaiting(own: Resources): string {
  const known = describeHandles();
  const others = [...countResources()]
    .map(([kind, count]) => ({ kind, count: count - (own.get(kind) ?? 0) }))
    .filter(({ kind, count }) => count > 0 && !DESCRIBED.has(kind))
    .map(({ kind, count }) => `${count} × ${NAMES[kind] ?? kind}`);
  const all = [...known, ...others];
  if (all.length === 0)
    return "It waits for nothing that Node knows of: no timer, no connection, no file. What it awaits will never come.";
  return `It waits for:${all.map((entry) => `\n  ${entry}`).join("")}`;
}

/** Described by `describeHandles`, one by one. */
const DESCRIBED: ReadonlySet<string> = new Set(["TCPSocketWrap", "ProcessWrap", "TCPServerWrap"]);

const NAMES: Readonly<Record<string, string>> = {
  Timeout: "timer",
  Immediate: "setImmediate",
  GetAddrInfoReqWrap: "lookup of a host name",
  GetNameInfoReqWrap: "lookup of an address",
  QueryReqWrap: "DNS query",
  FSReqCallback: "file operation",
  FSReqPromise: "file operation",
  FSEvent: "watched file",
  StatWatcher: "watched file",
  FileHandle: "open file",
  PipeWrap: "pipe or unix socket",
  PipeConnectWrap: "connection to a unix socket",
  TCPConnectWrap: "connection that is being made",
  TTYWrap: "terminal",
  UDPWrap: "UDP socket",
  MessagePort: "message port",
  Worker: "worker thread",
  ZlibContext: "compression",
  PBKDF2Job: "hash of a password",
  ScryptJob: "hash of a password",
};

interface Handle {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly connecting?: boolean;
  readonly autoSelectFamilyAttemptedAddresses?: readonly string[];
  readonly spawnfile?: string;
  readonly pid?: number;
  address?(): unknown;
}

/** Node tells the peers of connections only by its handles. The call is not in its documentation, so it may go. */
function describeHandles(): string[] {
  const { _getActiveHandles: list } = process as { _getActiveHandles?: () => unknown[] };
  const handles = typeof list === "function" ? (list.call(process) as Handle[]) : [];
  return handles.flatMap((handle) => {
    const { remoteAddress, remotePort, connecting, autoSelectFamilyAttemptedAddresses: tried } = handle;
    if (typeof handle.spawnfile === "string") return [`child process ${handle.pid}: ${handle.spawnfile}`];
    if (connecting === true) return [`connection to ${tried?.at(-1) ?? "another host"}, which does not come about`];
    if (typeof remoteAddress === "string" && remotePort !== undefined)
      return [`connection to ${peerName(remoteAddress, remotePort, "")}`];
    return [];
  });
}
