/** The uws engine: uWebSockets.js owns the sockets, accepted fds go in. Plain HTTP/1.1 only; engines/route.ts and, over TLS, secure-route.ts send it what it can serve. */

import { inRequest } from "../../base/request-contexts.ts";
import type { Peer, Via } from "../../http/exchange.ts";
import { ResponseHead } from "../../http/response-head.ts";
import type { RuleName } from "../../http/rules.ts";
import { native, type Native } from "../../native.ts";
import type { EngineOptions, ListenerInfo } from "../engine.ts";
import { SpareParsers } from "../spare-parsers.ts";
import { AdoptedSockets } from "./adopted-sockets.ts";
import type { Uws, UwsApp, UwsRequest, UwsResponse } from "./binding.ts";
import { Chunks } from "./chunks.ts";
import { UwsExchange, type UwsHost } from "./exchange.ts";
import { Heads } from "./heads.ts";
import { IdleFarewell } from "./idle-farewell.ts";
import { LastAnswers } from "./last-answers.ts";
import { LateReaders } from "./late-readers.ts";
import { LastText } from "./last-text.ts";
import { ListenerApps, MOST_ADDRESSES, type Common, type MakeApp, type PeerOf } from "./listener-apps.ts";
import { Refusals } from "./refusals.ts";
import type { RequestExchange } from "./request-exchange.ts";
import { ShortcutExchange } from "./shortcut-exchange.ts";
import { Shortcut } from "./shortcut.ts";
import { UwsWebSocketExchange } from "./websocket-exchange.ts";
import { webSocketBehavior, type WebSocketHost } from "./websocket.ts";

export interface AppsOptions extends Omit<Common, "listener"> {
  make(): UwsApp;
}

/** Like an `Engine`, but for what only routing knows. */
export class UwsEngine implements UwsHost, WebSocketHost {
  readonly head: ResponseHead;
  readonly lastText = new LastText();
  readonly serverHeader: string;
  readonly #uws: Uws;
  readonly #native: Native;
  readonly #options: EngineOptions;
  readonly #closed: () => void;
  readonly #plain = new Map<ListenerInfo, ListenerApps>();
  readonly #apps: ListenerApps[] = [];
  /** To find those that are idle when draining. */
  readonly #sockets = new AdoptedSockets();
  readonly #parsers: SpareParsers;
  readonly #heads: Heads;
  readonly #refusals: Refusals;
  /** Null: none is to be kept, and so no request is served by it. */
  readonly #shortcut: Shortcut | null;
  readonly #last = new LastAnswers();
  readonly #late = new LateReaders();
  #open = 0;
  #announced = false;
  #hadBody = false;
  #active = 0;
  /** Not null: idle connections are being closed. */
  #farewell: IdleFarewell | null = null;

  /** `closed` is called when uWebSockets has closed a connection. */
  constructor(uws: Uws, options: EngineOptions, closed = (): void => {}) {
    this.#uws = uws;
    this.#closed = closed;
    this.#native = native();
    this.#options = options;
    this.serverHeader = options.serverHeader;
    this.head = new ResponseHead(options.serverHeader, options.keepAliveMs / 1000);
    this.#parsers = new SpareParsers(options.limits);
    this.#heads = new Heads(options.limits, (problem) => options.events.noted?.(problem));
    this.#refusals = new Refusals(this.head, options.serverHeader, (refusal) => options.events.refused(refusal));
    this.#shortcut =
      options.keepAliveMs === 0 ? null : new Shortcut(this.#heads, (slot, peer) => this.#serveShort(slot, peer));
  }

  /** False: its requests are read wrongly, so nobody else is to be served by it. */
  get sound(): boolean {
    return this.#heads.sound;
  }

  /** While draining, those that uWebSockets will never read again do not count. */
  get connections(): number {
    return this.#open - (this.#farewell?.finished ?? 0);
  }

  get bodyLimit(): number {
    return this.#options.limits.body;
  }

  get keepsConnections(): boolean {
    return !this.#announced && this.#options.keepAliveMs > 0;
  }

  /** Whether a connection through a proxy can be taken. */
  hasRoom(listener: ListenerInfo, via: Via): boolean {
    return this.#plainAppsOf(listener).hasRoom(via);
  }

  adopt(fd: number, address: string, _port: number, listener: ListenerInfo, via: Via | null = null): void {
    this.adoptInto(this.#plainAppsOf(listener).for(address, via), fd);
  }

  /** The same for a connection to another app than those of plain ones. */
  adoptInto(app: UwsApp, fd: number): void {
    this.#sockets.add(fd, this.#native.socketCookie(fd));
    this.#shortcut?.opened(fd);
    app.adoptSocket(fd);
  }

  /** Apps of a listener that are made of what `make` makes. They live as long as the engine. */
  appsOf(listener: ListenerInfo, { make, tls, mostAddresses }: AppsOptions): ListenerApps {
    const common = { listener, tls, mostAddresses };
    const prepare: MakeApp = (peerOf, peer) => this.#prepare(make(), peerOf, peer, tls !== null);
    const apps = new ListenerApps(prepare, common, this.#options.trusts);
    this.#apps.push(apps);
    return apps;
  }

  announce(): void {
    this.#announced = true;
  }

  drain(graceMs: number): void {
    this.announce();
    const idle = (): AdoptedSockets | null => (this.#active > 0 ? null : this.#sockets);
    this.#farewell ??= new IdleFarewell(graceMs, idle, (fd) => this.#shortcut?.hasPart(fd) === true);
    this.#farewell.begin();
  }

  destroy(): number {
    const cut = this.#open;
    this.#farewell?.end();
    for (const apps of this.#apps) apps.close();
    return cut;
  }

  firstBody(): boolean {
    const first = !this.#hadBody;
    this.#hadBody = true;
    return first;
  }

  readsOn(res: UwsResponse, exchange: UwsExchange): void {
    this.#late.add(res, exchange);
  }

  caughtUp(exchange: RequestExchange, last: boolean): void {
    this.#late.delete(exchange);
    this.#last.caughtUp(last);
  }

  answeredLast(res: UwsResponse): void {
    this.#last.given(res);
  }

  giveBack(socket: number): void {
    this.#shortcut?.giveBack(socket);
  }

  noteRefusal(res: UwsResponse, name: RuleName, peer: Peer): void {
    this.#refusals.note(res, name, peer);
  }

  done(): void {
    this.#active--;
    // One whose answer had said "keep-alive" may bring another request.
    if (this.#active === 0) this.#farewell?.begin();
  }

  webSocketBusy(): void {
    this.#shortcut?.setBusy();
  }

  webSocketClosed(): void {
    this.#open--;
    this.#options.events.closed();
    this.#closed();
    this.done();
  }

  // --- internal ---

  #plainAppsOf(listener: ListenerInfo): ListenerApps {
    let apps = this.#plain.get(listener);
    if (apps === undefined) {
      const make = (): UwsApp => this.#uws.App();
      apps = this.appsOf(listener, { make, tls: null, mostAddresses: MOST_ADDRESSES });
      this.#plain.set(listener, apps);
    }
    return apps;
  }

  #prepare(app: UwsApp, peerOf: PeerOf, peer: Peer | null, secure: boolean): UwsApp {
    const { webSockets } = this.#options;
    let watched = false;
    if (webSockets) {
      const behavior = webSocketBehavior(this.#uws, webSockets, (response, request, context) =>
        this.#serve(response, request, peerOf(response), context),
      );
      app.ws("/*", behavior);
    }
    return app
      .filter((response, change) => {
        this.#open += change;
        if (!watched) watched = this.#watch(response, peer, secure);
        if (change > 0) return;
        this.#late.closed(response);
        this.#options.events.closed();
        this.#closed();
      })
      .any("/*", (response, request) => this.#serve(response, request, peerOf(response)));
  }

  /** Has our handlers stand before those of this response's app. False: it is not open any more. */
  #watch(response: UwsResponse, peer: Peer | null, secure: boolean): boolean {
    const isOpen = this.#native.uwsWatch(response, secure);
    if (isOpen && peer !== null && !secure) this.#shortcut?.watch(response, peer);
    return isOpen;
  }

  #serveShort(slot: number, peer: Peer): void {
    this.#active++;
    const exchange = new ShortcutExchange(this, this.#heads, peer, this.#shortcut!, slot);
    this.#options.events.exchange(exchange);
    if (exchange.body !== null) inRequest(this.#deliverBody, exchange);
  }

  /** In one call: what the application enters at the piece is there at the end, as with Node's server. */
  readonly #deliverBody = (exchange: ShortcutExchange): void => exchange.bodyCame(this.#heads);

  /** Copies the request out, for it is gone when this returns, and hands it on. */
  #serve(res: UwsResponse, request: UwsRequest, peer: Peer, webSocketContext?: unknown): void {
    const waiting = this.#shortcut?.takeLeaving();
    if (waiting) return waiting.adopt(res);
    if (this.#last.ignores(res, request)) return;
    const head = this.#heads;
    const rule = head.read(request);
    if (rule !== null) return this.#refusals.refuse(res, request, rule, peer);
    const chunks = head.contentLength < 0 ? new Chunks(res, request, this.#parsers) : null;
    if (chunks !== null && chunks.rule !== null) return this.#refusals.refuse(res, request, chunks.rule, peer);
    const mayUpgrade = webSocketContext !== undefined && chunks === null;
    if (head.close && head.contentLength === 0 && !mayUpgrade) this.#last.asked(res, request);
    this.#active++;
    const exchange = mayUpgrade
      ? new UwsWebSocketExchange(this, res, head, peer, request, webSocketContext)
      : new UwsExchange(this, res, head, peer, chunks);
    try {
      this.#options.events.exchange(exchange);
    } finally {
      exchange.handlerReturned();
    }
  }
}
