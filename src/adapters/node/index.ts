/** The node interface: serves exchanges with a `(req, res)` function or a captured `http.Server`. */

import diagnostics from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { Server as HttpServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { Server as HttpsServer } from "node:https";
import { JunicornError } from "../../base/errors.ts";
import type { AppHandler, Exchange, FailureSink } from "../../http/exchange.ts";
import type { AdapterOptions } from "../options.ts";
import { connectionLost, failed } from "./lifecycle.ts";
import type { Host, LinkedRequest } from "./link.ts";
import { appBehind, classesFor, classesOf, PLAIN, type MessageClasses } from "./prototypes.ts";
import { NodeRequest } from "./request.ts";
import { ExchangeSocket } from "./socket.ts";

type Call = (request: IncomingMessage, response: ServerResponse, socket: ExchangeSocket) => unknown;

/** Makes a handler of the application. A server is served through its listeners, whether it ever listened or not. */
export function createNodeHandler(app: RequestListener | Server, options: AdapterOptions): AppHandler {
  const { failures } = options;
  if (isServer(app)) {
    const listeners = app.listeners("request");
    const classes = classesOf(app, listeners.length === 1 ? listeners[0] : undefined);
    return new ServerHandler(failures, classes, app);
  }
  return new NodeHandler(failures, null, classesFor(app), app as Call);
}

/** True for the servers of node:http and node:https. */
export function isServer(value: unknown): value is Server {
  return value instanceof HttpServer || value instanceof HttpsServer;
}

class NodeHandler implements AppHandler, Host {
  readonly failures: FailureSink;
  readonly server: Server | null;
  #classes: MessageClasses;
  readonly #call: Call;

  constructor(failures: FailureSink, server: Server | null, classes: MessageClasses, call: Call) {
    this.failures = failures;
    this.server = server;
    this.#classes = classes;
    this.#call = call;
  }

  onForeignPrototype(response: ServerResponse): void {
    if (this.#classes === PLAIN) this.#classes = classesFor(appBehind(response));
  }

  handle(exchange: Exchange): void {
    const socket = new ExchangeSocket(exchange, this);
    try {
      const request = new this.#classes.Request(socket);
      const response = new this.#classes.Response(request, socket);
      if (startChannel.hasSubscribers) startChannel.publish({ request, response, socket, server: this.server });
      const call = this.#call;
      const result = call(request, response, socket);
      if (isThenable(result)) result.then(undefined, (error: unknown) => failed(socket, error));
    } catch (error) {
      failed(socket, error);
    }
    // Set last: a request answered by now, as most are, needs no closure, and nobody calls it while the application runs.
    if (!exchange.over || exchange.aborted) exchange.onAbort = () => connectionLost(socket, null);
  }
}

/** A captured server: its events are emitted as Node would. */
class ServerHandler extends NodeHandler {
  readonly #server: Server;

  constructor(failures: FailureSink, classes: MessageClasses, server: Server) {
    super(failures, server, classes, (request, response, socket) => {
      (request as LinkedRequest).joinDuplicateHeaders = (server as { joinDuplicateHeaders?: boolean }).joinDuplicateHeaders === true;
      if (server.timeout > 0) socket.setTimeout(server.timeout);
      if (socket.exchange.expectsContinue && server.listenerCount("checkContinue") > 0) {
        return emitRequest(server, "checkContinue", request, response);
      }
      if (request.rawHeaders.length > 0 && server.listenerCount("checkExpectation") > 0 && isOtherExpectation(request)) {
        return emitRequest(server, "checkExpectation", request, response);
      }
      return emitRequest(server, "request", request, response);
    });
    this.#server = server;
  }

  override handle(exchange: Exchange): void {
    if (!exchange.isUpgrade) return super.handle(exchange);
    const event = exchange.method === "CONNECT" ? "connect" : "upgrade";
    if (this.#server.listenerCount(event) > 0) return this.#upgrade(exchange, event);
    if (event === "upgrade") return super.handle(exchange);
    exchange.respond(405, "", ["Connection", "close"], null);
  }

  #upgrade(exchange: Exchange, event: "connect" | "upgrade"): void {
    const facade = new ExchangeSocket(exchange, this);
    try {
      const request = new NodeRequest(facade) as LinkedRequest;
      const { socket, head } = exchange.upgrade();
      request.upgrade = true;
      request.socket = socket as LinkedRequest["socket"];
      request.client = socket;
      request.complete = true;
      this.#server.emit(event, request, socket, head);
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
  if (listeners.length === 0) throw new JunicornError("ERR_NO_RESPONSE", { problem: `the server has no "${event}" listener` });
  const pending = listeners.map((listener) => listener.call(server, request, response)).filter(isThenable);
  return pending.length === 0 ? undefined : Promise.all(pending);
}

function isOtherExpectation(request: IncomingMessage): boolean {
  const { expect } = request.headers;
  return expect !== undefined && expect.toLowerCase() !== "100-continue";
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
