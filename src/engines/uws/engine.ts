/** The uws engine: uWebSockets.js owns the sockets, accepted fds go in. Plain HTTP/1.1 only; engines/route.ts and, over TLS, secure-route.ts send it what it can serve. */

import { errorAnswer } from "../../http/error-page.ts";
import type { HeaderList, Peer, Via } from "../../http/exchange.ts";
import { brokenRule, type Framing } from "../../http/request-rules.ts";
import { ResponseHead } from "../../http/response-head.ts";
import { ruleOf, type RuleName } from "../../http/rules.ts";
import { statusPhrase } from "../../http/status.ts";
import { native, type Native } from "../../native.ts";
import type { EngineOptions, ListenerInfo } from "../engine.ts";
import { AdoptedSockets } from "./adopted-sockets.ts";
import type { Uws, UwsApp, UwsRequest, UwsResponse } from "./binding.ts";
import { UwsExchange, type UwsHost } from "./exchange.ts";
import { IdleFarewell } from "./idle-farewell.ts";
import { LastText } from "./last-text.ts";
import { ListenerApps, MOST_ADDRESSES, type Common } from "./listener-apps.ts";
import { UwsWebSocketExchange } from "./websocket-exchange.ts";
import { webSocketBehavior, type WebSocketHost } from "./websocket.ts";
import { writeHead } from "./write-head.ts";

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
  /** The head of the request at hand, which is read before the next one comes: one object for all. */
  readonly #head: Head = {
    ...{ method: "", target: "", httpMinor: 1, headers: [] },
    ...{ contentLength: 0, expectsContinue: false, close: false, ascii: true, goodHost: "" },
  };
  /** Where the fields of the request at hand are gathered: a list that grows costs twice the memory of one that is made in its size. */
  readonly #fields: string[] = [];
  #taken = 0;
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
    app.adoptSocket(fd);
  }

  /** Apps of a listener that are made of what `make` makes. They live as long as the engine. */
  appsOf(listener: ListenerInfo, { make, tls, mostAddresses }: AppsOptions): ListenerApps {
    const common = { listener, tls, mostAddresses };
    const apps = new ListenerApps((peer) => this.#prepare(make(), peer), common, this.#options.trusts);
    this.#apps.push(apps);
    return apps;
  }

  announce(): void {
    this.#announced = true;
  }

  drain(graceMs: number): void {
    this.announce();
    this.#farewell ??= new IdleFarewell(graceMs, () => (this.#active > 0 ? null : this.#sockets));
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

  done(): void {
    this.#active--;
    // One whose answer had said "keep-alive" may bring another request.
    if (this.#active === 0) this.#farewell?.begin();
  }

  webSocketClosed(): void {
    this.#open--;
    this.#options.events.closed();
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

  /** An app whose connections all have this peer; without one, each response is asked for its own. */
  #prepare(app: UwsApp, peerOf: (res: UwsResponse) => Peer): UwsApp {
    const { webSockets } = this.#options;
    if (webSockets) {
      const behavior = webSocketBehavior(this.#uws, webSockets, (response, request, context) =>
        this.#serve(response, request, "GET", peerOf(response), context),
      );
      app.ws("/*", behavior);
    }
    return app
      .filter((_response, change) => {
        this.#open += change;
        if (change > 0) return;
        this.#options.events.closed();
        this.#closed();
      })
      .get("/*", (response, request) => this.#serve(response, request, "GET", peerOf(response))) // most need not be asked
      .any("/*", (response, request) =>
        this.#serve(response, request, request.getCaseSensitiveMethod(), peerOf(response)),
      );
  }

  /** Copies the request out, for it is gone when this returns, and hands it on. */
  #serve(res: UwsResponse, request: UwsRequest, method: string, peer: Peer, webSocketContext?: unknown): void {
    const head = this.#head;
    this.#taken = 0;
    request.forEach(this.#takeHeader);
    const headers: HeaderList = (head.headers = this.#fields.slice(0, this.#taken));
    const url = request.getUrl();
    const query = request.getQuery();
    const target = query === undefined ? url : url + "?" + query;
    let rule = brokenRule(method, target, headers, this.#options.limits, head);
    if (!head.ascii) {
      toLatin1(headers);
      rule = brokenRule(method, target, headers, this.#options.limits, head);
    }
    if (rule !== null) return this.#refuse(res, rule, peer);
    this.#active++;
    head.method = method;
    head.target = target;
    const exchange =
      webSocketContext === undefined
        ? new UwsExchange(this, res, head, peer, head.close)
        : new UwsWebSocketExchange(this, res, head, peer, head.close, request, webSocketContext);
    try {
      this.#options.events.exchange(exchange);
    } finally {
      exchange.handlerReturned();
    }
  }

  readonly #takeHeader = (name: string, value: string): void => {
    this.#fields[this.#taken++] = name;
    this.#fields[this.#taken++] = value;
  };

  #refuse(res: UwsResponse, name: RuleName, peer: Peer): void {
    const rule = ruleOf(name);
    const from = peer.remoteAddress === "" ? `unix:${peer.unixPath}` : peer.remoteAddress;
    this.#options.events.refused({ peer: from, rule: name, status: rule.status, reason: rule.reason });
    const answer = errorAnswer(rule.status, `${statusPhrase(rule.status)}: ${rule.reason}`);
    this.head.build(rule.status, "", answer.headers, Buffer.byteLength(answer.body), false, 1, false);
    writeHead(res, this.head, this.serverHeader, false);
    res.end(answer.body, true);
  }
}

/** What is read of a request, and what is found out about it. */
interface Head extends Framing {
  method: string;
  target: string;
  readonly httpMinor: 1;
  headers: HeaderList;
}

/** uWebSockets reads the bytes of values as UTF-8, where HTTP has latin-1. */
function toLatin1(headers: HeaderList): void {
  for (let i = 1; i < headers.length; i += 2) headers[i] = Buffer.from(headers[i]!).toString("latin1");
}
