/** The node interface: serves exchanges with a `(req, res)` function or a captured `http.Server`. */

import diagnostics from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { JunicornError } from "../../base/errors.ts";
import type { AppHandler, Exchange, FailureSink } from "../../http/exchange.ts";
import type { AdapterOptions } from "../options.ts";
import { FieldNames } from "./field-checks.ts";
import { isServer } from "./is-server.ts";
import { abandoned, failed, handlerReturned, settleUnheard } from "./lifecycle.ts";
import type { Host, LinkedRequest } from "./link.ts";
import { appBehind, classesFor, classesOf, PLAIN, type MessageClasses } from "./prototypes.ts";
import { flow, NodeRequest } from "./request.ts";
import { socketFor } from "./secure-socket.ts";
import type { ExchangeSocket } from "./socket.ts";

/** Makes a handler of the application. A server is served through its listeners, whether it ever listened or not. */
export function createNodeHandler(app: RequestListener | Server, options: AdapterOptions): AppHandler {
  return isServer(app) ? new ServerHandler(app, options.failures) : new FunctionHandler(app, options.failures);
}

/** What both kinds of application have in common: a request and a response for each exchange. */
abstract class NodeHandler implements AppHandler, Host {
  readonly failures: FailureSink;
  readonly names = new FieldNames();
  readonly server: Server | null;
  #classes: MessageClasses;
  /** Answered from a promise, where a tick would be one for each; the end of the turn is one for all. */
  #unsettled: ExchangeSocket[] = [];

  constructor(failures: FailureSink, server: Server | null, classes: MessageClasses) {
    this.failures = failures;
    this.server = server;
    this.#classes = classes;
  }

  handle(exchange: Exchange): void | PromiseLike<unknown> {
    const socket = socketFor(exchange, this);
    let pending: PromiseLike<unknown> | undefined;
    try {
      const request = new this.#classes.Request(socket);
      const response = new this.#classes.Response(request, socket);
      if (startChannel.hasSubscribers) startChannel.publish({ request, response, socket, server: this.server });
      const result = this.call(request, response, socket);
      if (!exchange.hasBody) request.complete = true; // when Node's parser says it, too
      if (isThenable(result)) pending = result.then(undefined, (error: unknown) => failed(socket, error));
    } catch (error) {
      failed(socket, error);
    }
    handlerReturned(socket);
    if (exchange.hasBody && socket.request !== undefined) flow(socket.request);
    // Set last: a request answered by now, as most are, needs no closure, and nobody calls it while the application runs.
    if (!exchange.over || exchange.aborted) exchange.onAbort = () => abandoned(socket);
    return pending;
  }

  settleLater(socket: ExchangeSocket): void {
    if (this.#unsettled.push(socket) === 1) setImmediate(this.#settleAll);
  }

  readonly #settleAll = (): void => {
    const sockets = this.#unsettled;
    this.#unsettled = [];
    for (const socket of sockets) settleUnheard(socket);
  };

  onForeignPrototype(response: ServerResponse): void {
    if (this.#classes === PLAIN) this.#classes = classesFor(appBehind(response));
  }

  protected abstract call(request: IncomingMessage, response: ServerResponse, socket: ExchangeSocket): unknown;
}

class FunctionHandler extends NodeHandler {
  readonly #listener: RequestListener;

  constructor(listener: RequestListener, failures: FailureSink) {
    super(failures, null, classesFor(listener));
    this.#listener = listener;
  }

  protected override call(request: IncomingMessage, response: ServerResponse): unknown {
    const listener = this.#listener;
    return listener(request, response as Parameters<RequestListener>[1]);
  }
}

/** A captured server: its events are emitted as Node would. */
class ServerHandler extends NodeHandler {
  readonly #server: Server;

  constructor(server: Server, failures: FailureSink) {
    const listeners = server.listeners("request");
    super(failures, server, classesOf(server, listeners.length === 1 ? listeners[0] : undefined));
    this.#server = server;
  }

  override handle(exchange: Exchange): void | PromiseLike<unknown> {
    if (!exchange.isUpgrade) return super.handle(exchange);
    const event = exchange.method === "CONNECT" ? "connect" : "upgrade";
    if (this.#server.listenerCount(event) > 0) return this.#upgrade(exchange, event);
    if (event === "upgrade") return super.handle(exchange);
    exchange.respond(405, "", ["Connection", "close"], null); // to a tunnel nobody digs
  }

  protected override call(request: IncomingMessage, response: ServerResponse, socket: ExchangeSocket): unknown {
    const server = this.#server;
    (request as LinkedRequest).joinDuplicateHeaders =
      (server as { joinDuplicateHeaders?: boolean }).joinDuplicateHeaders === true;
    if (server.timeout > 0) socket.setTimeout(server.timeout);
    return emitRequest(server, this.#eventFor(request, socket.exchange), request, response);
  }

  #eventFor(request: IncomingMessage, exchange: Exchange): string {
    const server = this.#server;
    if (exchange.expectsContinue) return server.listenerCount("checkContinue") > 0 ? "checkContinue" : "request";
    return server.listenerCount("checkExpectation") > 0 && request.headers.expect !== undefined
      ? "checkExpectation"
      : "request";
  }

  #upgrade(exchange: Exchange, event: "connect" | "upgrade"): void {
    try {
      const request = new NodeRequest(socketFor(exchange, this)) as LinkedRequest;
      const { socket, head } = exchange.upgrade();
      request.upgrade = true;
      request.socket = socket as LinkedRequest["socket"];
      request.client = socket;
      request.complete = true;
      this.#server.emit(event, request, socket, head);
      if (exchange.hasBody) flow(request);
    } catch (error) {
      this.failures.fail(exchange, error);
    }
  }
}

// --- internal ---

const startChannel = diagnostics.channel("http.server.request.start");

/**
 * Calls the listeners one by one rather than by `emit`, which would drop the promises of async listeners: their rejections belong to this request.
 * An `emit` that somebody replaced (tracing tools do) is called.
 */
function emitRequest(server: Server, event: string, request: IncomingMessage, response: ServerResponse): unknown {
  if (server.emit !== EventEmitter.prototype.emit) return void server.emit(event, request, response);
  const listeners = server.rawListeners(event) as ((this: Server, ...args: unknown[]) => unknown)[];
  if (listeners.length === 1) return listeners[0]!.call(server, request, response);
  if (listeners.length === 0)
    throw new JunicornError("ERR_NO_RESPONSE", { problem: `the server has no "${event}" listener` });
  const pending = listeners.map((listener) => listener.call(server, request, response)).filter(isThenable);
  return pending.length === 0 ? undefined : Promise.all(pending);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
