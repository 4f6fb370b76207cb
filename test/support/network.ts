/**
 * Hosts of a network of their own: namespaces of the kernel, joined by a bridge. Nothing of it is seen outside, and each is gone with the process that
 * holds it, which ends with the tests, however they end.
 */

import { execFileSync, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { poll } from "./poll.ts";

export interface Host {
  readonly address: string;
  /** Words before a command that is to run there; it ends with the tests, too. */
  readonly through: readonly string[];
}

export interface Network {
  readonly hosts: readonly Host[];
  close(): void;
}

/** Why there can be no network here; empty if there can. */
export function noNetwork(): string {
  if (process.getuid?.() !== 0) return "only root can make network namespaces";
  try {
    execFileSync("unshare", ["--net", "ip", "link", "add", "br0", "type", "bridge"], { stdio: "pipe" });
    return "";
  } catch (error) {
    return `network namespaces with bridges are not to be had: ${(error as Error).message.trim()}`;
  }
}

/** One host for each address, all in one /24. The first has the bridge. */
export async function startNetwork(addresses: readonly string[]): Promise<Network> {
  const holders = addresses.map(() => spawn("setpriv", [...DIES_WITH_US, "unshare", "--net", "sleep", "infinity"]));
  const close = (): void => holders.forEach((holder) => holder.kill("SIGKILL"));
  try {
    const pids = holders.map(({ pid }) => pid!);
    for (const pid of pids) await poll(() => namespaceOf(pid) !== namespaceOf(process.pid), { what: "a namespace" });
    const [first = 0, ...others] = pids;
    ip(first, "link set lo up");
    ip(first, "link add br0 type bridge");
    ip(first, `addr add ${addresses[0]}/24 dev br0`);
    ip(first, "link set br0 up");
    others.forEach((pid, index) => {
      ip(first, `link add port${index} type veth peer name eth0 netns ${pid}`);
      ip(first, `link set port${index} master br0 up`);
      ip(pid, "link set lo up");
      ip(pid, `addr add ${addresses[index + 1]}/24 dev eth0`);
      ip(pid, "link set eth0 up");
    });
    const through = (pid: number): string[] => ["setpriv", ...DIES_WITH_US, ...enter(pid)];
    return { hosts: pids.map((pid, index) => ({ address: addresses[index]!, through: through(pid) })), close };
  } catch (error) {
    close();
    throw error;
  }
}

// --- internal ---

const DIES_WITH_US = ["--pdeathsig", "KILL"];

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

function enter(pid: number): string[] {
  return ["nsenter", `--net=/proc/${pid}/ns/net`];
}

function ip(pid: number, command: string): void {
  const [file = "", ...words] = [...enter(pid), "ip", ...command.split(" ")];
  execFileSync(file, words, { stdio: "pipe" });
}
