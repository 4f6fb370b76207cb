/** Which addresses are on a list of addresses and networks: who may be believed. */

import { BlockList } from "node:net";
import { ipFamily } from "./ip-family.ts";

/** What is wrong with an entry of such a list, or null. An address with bits set beyond its prefix is most likely a slip, so it is refused. */
export function entryProblem(entry: string): string | null {
  if (entry === "*") return null;
  const [address, prefix, ...rest] = entry.split("/") as [string, string?, ...string[]];
  const family = ipFamily(address);
  if (family === 0 || rest.length > 0)
    return `${JSON.stringify(entry)} is no IP address, no network such as 10.0.0.0/8, and not *`;
  if (prefix === undefined) return null;
  const most = family === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > most)
    return `the prefix of ${JSON.stringify(entry)} is not a number up to ${most}`;
  const first = networkOf(address, Number(prefix));
  return bitsOf(first) === bitsOf(address)
    ? null
    : `${JSON.stringify(entry)} has bits set beyond its prefix: ${first}/${prefix} is the network`;
}

export class AddressList {
  readonly #all: boolean;
  readonly #list = new BlockList();
  /** Answers already given: a lookup costs a microsecond or two, and a proxy in front makes every connection. */
  readonly #known = new Map<string, boolean>();

  /** `entries` are checked already. */
  constructor(entries: readonly string[]) {
    this.#all = entries.includes("*");
    for (const entry of entries) {
      if (entry === "*") continue;
      const [address, prefix] = entry.split("/") as [string, string?];
      const family = ipFamily(address) === 6 ? "ipv6" : "ipv4";
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** "" is the other end of a unix socket, which has no address: the permissions of the socket file say who that may be. */
  has(address: string): boolean {
    if (this.#all || address === "") return true;
    return this.#known.get(address) ?? this.#look(address);
  }

  #look(address: string): boolean {
    const family = ipFamily(address);
    const found = family !== 0 && this.#list.check(address, family === 6 ? "ipv6" : "ipv4");
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(address, found);
    return found;
  }
}

// --- internal ---

const MOST_KNOWN = 1024;

/** All bits of an address, as a number. */
function bitsOf(address: string): bigint {
  return ipFamily(address) === 4 ? bitsOf4(address) : bitsOf6(address);
}

function bitsOf4(address: string): bigint {
  return address.split(".").reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

function bitsOf6(address: string): bigint {
  const plain = address.replace(/%.*$/, "").replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => {
    const bits = bitsOf4(v4);
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  });
  const [head, tail] = plain.split("::") as [string, string?];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function networkOf(address: string, prefix: number): string {
  const width = ipFamily(address) === 4 ? 32n : 128n;
  const bits = (bitsOf(address) >> (width - BigInt(prefix))) << (width - BigInt(prefix));
  if (width === 32n) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join(".");
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((bits >> shift) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
