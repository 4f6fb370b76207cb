/** Before either engine: takes the header of the PROXY protocol off each connection, and tells the engine whose connection it is. */

import { peerName } from "../base/peer-name.ts";
import type { AddressList } from "../base/address-list.ts";
import { ruleOf, type RuleName } from "../http/rules.ts";
import { native, type Native } from "../native.ts";
import type { Engine, EngineEvents, ListenerInfo } from "./engine.ts";

export interface ProxyDoorOptions {
  /** 1 for version 1, 2 for version 2, 3 for both. */
  readonly versions: number;
  /** Who may send such headers. */
  readonly allowed: AddressList;
  /** Longest time for a header to come, in ms. 0: no limit. */
  readonly timeoutMs: number;
  readonly events: Pick<EngineEvents, "closed" | "refused">;
  /** A fake in tests. */
  readonly addon?: Pick<Native, "takeProxyHeader" | "close">;
}

/** A connection whose header has not come yet. */
interface Waiting {
  readonly fd: number;
  readonly address: string;
  readonly port: number;
  readonly listener: ListenerInfo;
  readonly deadline: number;
  pauseMs: number;
  timer: NodeJS.Timeout | null;
}

export class ProxyDoor implements Engine {
  readonly #inner: Engine;
  readonly #options: ProxyDoorOptions;
  readonly #addon: Pick<Native, "takeProxyHeader" | "close">;
  readonly #waiting = new Set<Waiting>();
  /** When those that wait are given up; Infinity until the engine drains. */
  #closesAt = Infinity;

  constructor(inner: Engine, options: ProxyDoorOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#addon = options.addon ?? native();
  }

  get connections(): number {
    return this.#inner.connections + this.#waiting.size;
  }

  adopt(fd: number, address: string, port: number, listener: ListenerInfo): void {
    const { timeoutMs } = this.#options;
    const deadline = timeoutMs === 0 ? Infinity : performance.now() + timeoutMs;
    this.#look({ fd, address, port, listener, deadline, pauseMs: FIRST_PAUSE_MS, timer: null });
  }

  refuse(fd: number, address: string, port: number, listener: ListenerInfo, rule: RuleName): void {
    this.#inner.refuse(fd, address, port, listener, rule);
  }

  announce(): void {
    this.#inner.announce();
  }

  drain(graceMs: number): void {
    this.#closesAt = Math.min(this.#closesAt, performance.now() + graceMs);
    this.#inner.drain(graceMs);
  }

  destroy(): number {
    const waiting = [...this.#waiting];
    for (const connection of waiting) this.#give(connection);
    return this.#inner.destroy() + waiting.length;
  }

  // --- internal ---

  #look(connection: Waiting): void {
    const { fd, address, port, listener } = connection;
    const header = this.#addon.takeProxyHeader(fd, this.#options.versions);
    if (header.status === "incomplete") return this.#wait(connection);
    this.#waiting.delete(connection);
    if (header.status === "absent") return this.#inner.adopt(fd, address, port, listener);
    if (!this.#options.allowed.has(address))
      return this.#inner.refuse(fd, address, port, listener, "proxy-not-allowed");
    if (header.status === "malformed") return this.#inner.refuse(fd, address, port, listener, "bad-proxy-header");
    if (header.status !== "proxied") return this.#inner.adopt(fd, address, port, listener);
    const { protocol, source, destination } = header;
    this.#inner.adopt(fd, address, port, listener, { protocol, source, destination, proxy: { address, port } });
  }

  /**
   * Proxies send the header with the first bytes of a connection, so it is nearly always here. For the few others looking again, ever more rarely, is
   * enough, and costs next to nothing however many they are.
   */
  #wait(connection: Waiting): void {
    this.#waiting.add(connection);
    connection.timer = setTimeout(() => {
      const now = performance.now();
      if (now >= connection.deadline) this.#tooLate(connection);
      else if (now >= this.#closesAt) this.#give(connection);
      else this.#look(connection);
    }, connection.pauseMs).unref();
    connection.pauseMs = Math.min(connection.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #tooLate(connection: Waiting): void {
    const { address, port, listener } = connection;
    const rule = "header-timeout";
    const { status, reason } = ruleOf(rule);
    const peer = peerName(address, port, listener.unixPath);
    this.#options.events.refused({ peer, rule, status, reason });
    this.#give(connection);
  }

  #give(connection: Waiting): void {
    if (connection.timer !== null) clearTimeout(connection.timer);
    this.#waiting.delete(connection);
    this.#addon.close(connection.fd);
    this.#options.events.closed();
  }
}

// --- internal ---

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 320;
