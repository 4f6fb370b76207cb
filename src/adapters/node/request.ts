/** A real `http.IncomingMessage` fed by an exchange. Its two seams, `_read` and `_destroy`, belong to the instance. */

import { IncomingMessage } from "../../base/node-http.ts";
import type { Socket } from "node:net";
import { rowOf } from "../../base/errors.ts";
import type { BodySink, HeaderList } from "../../http/exchange.ts";
import { LINK, type LinkedRequest } from "./link.ts";
import { closedUnheard, connectionReset, handlerReturned, throwLater } from "./lifecycle.ts";
import type { ExchangeSocket } from "./socket.ts";

export class NodeRequest extends IncomingMessage {
  constructor(socket: ExchangeSocket) {
    super(undefined as unknown as Socket);
    attachRequest(this as unknown as LinkedRequest, socket);
  }
}

/** Fills a fresh IncomingMessage, of whatever subclass, with what the exchange knows. */
export function attachRequest(request: LinkedRequest, socket: ExchangeSocket): void {
  const { exchange } = socket;
  request[LINK] = socket;
  request.socket = socket as unknown as Socket;
  request.client = socket;
  const version = exchange.httpVersion;
  request.httpVersionMajor = version === "2.0" ? 2 : 1;
  request.httpVersionMinor = version === "1.1" ? 1 : 0;
  request.httpVersion = version;
  request.method = exchange.method;
  request.url = exchange.target;
  request.upgrade = false;
  request._addHeaderLines(exchange.rawHeaders, exchange.rawHeaders.length);
  // As own properties they hold after any prototype swap.
  request._read = read;
  request._destroy = destroy;
  // Node would resume at a tick of its own, which costs more than reading does: see `handlerReturned`.
  if (exchange.hasBody) request._readableState.resumeScheduled = true;
  socket.request = request;
}

/** The application's handler has returned: where it has asked for the body to flow, it flows. */
export function flow(request: LinkedRequest): void {
  const state = request._readableState;
  if (!state.resumeScheduled) return;
  state.resumeScheduled = false;
  if (state.flowing !== true) return;
  if (!state.reading) request.read(0);
  request.emit("resume");
  while (state.flowing === true && request.read() !== null);
  if (state.flowing === true && !state.reading) request.read(0);
}

// --- internal ---

function read(this: LinkedRequest): void {
  if (this._consuming) return this[LINK].exchange.resumeBody();
  // Node would read ahead from here on, at the price of a tick for each piece. What we push comes whether or not it is asked for.
  this._consuming = true;
  const { exchange } = this[LINK];
  // Of an answered request that nobody read, nobody reads: this is Node, which has it flow away.
  if (exchange.hasBody && !(exchange.over && this._dumped)) exchange.readBody(new RequestBody(this));
  else {
    this.complete ||= !exchange.hasBody;
    this.push(null);
  }
}

function destroy(this: LinkedRequest, error: Error | null, callback: (error?: Error | null) => void): void {
  const socket = this[LINK];
  // What nobody read of an answered request was not lost by anybody.
  if (this._dumped && socket.flushed) this.complete = true;
  const isWhole = this.readableEnded && this.complete;
  if (isWhole && error === null) {
    // Without listeners now there can be none before 'close', which follows at once.
    if (this.listenerCount("close") === 0) return closedUnheard(this);
    // When 'close' then comes differs from one Node to the next.
    return IncomingMessage.prototype._destroy.call(this, error, callback);
  }
  if (!isWhole) {
    this.aborted = true;
    this.emit("aborted");
    if (!socket.lost) socket.destroy(error ?? undefined);
  }
  process.nextTick(destroyed, this, error, callback);
}

/** All of the body so far went to 'data' listeners, and nothing of it is held back: the end can be told as soon as it is known. */
function isRead({ _readableState: state }: LinkedRequest): boolean {
  if (state.flowing !== true || state.sync || state.length > 0 || state.ended) return false;
  return state.decoder === null || state.decoder.lastNeed === 0;
}

/** What `push(null)` leads to, without the two or three ticks that Node takes for it, and with an answer that is given now settled now. */
function endNow(request: LinkedRequest): void {
  const state = request._readableState;
  const socket = request[LINK];
  state.ended = true;
  state.endEmitted = true;
  socket.inHandler = true;
  let isHeard = false;
  try {
    request.emit("end");
    isHeard = true;
  } catch (error) {
    throwLater(error); // as from Node's tick
  }
  handlerReturned(socket);
  if (isHeard && state.autoDestroy) request.destroy();
}

/** An error that nobody listens for is not thrown: Node's rule for requests, whose clients come and go. */
function destroyed(request: LinkedRequest, error: Error | null, callback: (error?: Error | null) => void): void {
  if (request.listenerCount("error") === 0) callback();
  else callback(error);
}

/** Where the exchange puts the body. An object of its own: `data` and `end` have other meanings on a stream. */
class RequestBody implements BodySink {
  readonly #request: LinkedRequest;

  constructor(request: LinkedRequest) {
    this.#request = request;
  }

  data(chunk: Uint8Array): void {
    const request = this.#request;
    if (request.destroyed) return;
    request[LINK].active();
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (!request.push(buffer)) request[LINK].exchange.pauseBody();
  }

  end(trailers: HeaderList): void {
    const request = this.#request;
    if (request.destroyed) return;
    request.complete = true;
    if (trailers.length > 0) request._addHeaderLines(trailers, trailers.length);
    if (isRead(request)) endNow(request);
    else request.push(null);
  }

  fail(error: Error): void {
    const request = this.#request;
    if (request.destroyed) return;
    const socket = request[LINK];
    socket.lost = true;
    // What is wrong with the body is answered here, as Node's server does, and all the application hears is that the request broke off.
    const reset = Object.assign(connectionReset(), { cause: error });
    if (rowOf(error)?.status !== undefined) {
      socket.fail(error);
      socket.failure = reset; // what it then throws itself is reported already
    }
    request.destroy(reset);
  }
}
