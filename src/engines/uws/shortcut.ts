/** Requests that come past uWebSockets, because they need nothing of it but their socket; most do not. The addon finds them, and here is whose they are. */

import type { Peer } from "../../http/exchange.ts";
import { UwsShortcutEvent, type UwsShortcut } from "../../native.ts";
import type { UwsResponse } from "./binding.ts";
import type { Heads } from "./heads.ts";
import type { ShortcutExchange } from "./shortcut-exchange.ts";

/** Makes an exchange of what was read last, and serves it. */
export type ServeShort = (slot: number, peer: Peer) => void;

export class Shortcut {
  readonly #addon: UwsShortcut;
  readonly #heads: Heads;
  readonly #serve: ServeShort;
  /** By the number of the app. */
  readonly #peers: Peer[] = [];
  /** By slot. */
  readonly #exchanges: (ShortcutExchange | null)[] = [];
  /** Is being handed over: the next request of uWebSockets is this one. */
  #leaving: ShortcutExchange | null = null;

  constructor(heads: Heads, serve: ServeShort) {
    this.#heads = heads;
    this.#serve = serve;
    this.#addon = heads.shortcut(this.#onTurn, this.#onEvent);
  }

  /** All connections of the app that has this response are this peer's. */
  watch(response: UwsResponse, peer: Peer): void {
    this.#addon.watch(response, this.#peers.push(peer) - 1);
  }

  opened(fd: number): void {
    this.#addon.opened(fd);
  }

  /** The exchange that has the slot from now on. */
  hold(slot: number, exchange: ShortcutExchange): void {
    this.#exchanges[slot] = exchange;
  }

  /** False: the exchange will be told when all of the answer is out. */
  answer(slot: number, lead: string | ArrayBuffer, length: number, body: string | ArrayBuffer | Uint8Array): boolean {
    const sent = this.#addon.answer(slot, lead, length, body);
    if (sent) this.#exchanges[slot] = null;
    return sent;
  }

  /** uWebSockets has answered the only request that it had of this connection, if it still is the only one. */
  giveBack(socket: number): void {
    this.#addon.giveBack(socket);
  }

  /** Nothing can be handed over now, but in the next turn. */
  get isBusy(): boolean {
    return this.#addon.isBusy();
  }

  /** uWebSockets is in a handler of a WebSocket. */
  setBusy(): void {
    this.#addon.setBusy();
  }

  /** uWebSockets calls its handler before this returns, or has refused the request. */
  handOver(slot: number): void {
    const before = this.#leaving;
    this.#leaving = this.#exchanges[slot]!;
    this.#exchanges[slot] = null;
    this.#addon.handOver(slot);
    this.#leaving = before;
  }

  /** The exchange of a request that uWebSockets has from here. */
  takeLeaving(): ShortcutExchange | null {
    const exchange = this.#leaving;
    this.#leaving = null;
    return exchange;
  }

  /** The begin of a request is here: its connection is not idle. */
  hasPart(fd: number): boolean {
    return this.#addon.hasPart(fd);
  }

  socket(slot: number): number {
    return this.#addon.socket(slot);
  }

  // --- internal ---

  readonly #onTurn = (): void => {
    for (let slot = this.#addon.next(); slot >= 0; slot = this.#addon.next())
      this.#serve(slot, this.#peers[this.#heads.app]!);
  };

  readonly #onEvent = (slot: number, event: number): void => {
    const exchange = this.#exchanges[slot];
    if (exchange === null || exchange === undefined) return;
    this.#exchanges[slot] = null;
    if (event === UwsShortcutEvent.SENT) exchange.sent();
    else exchange.gone();
  };
}
