/** How an exchange ends for the application: which events req, res and socket emit, in Node's order. */

import diagnostics from "node:diagnostics_channel";
import { JunicornError } from "../../base/errors.ts";
import type { LinkedRequest } from "./link.ts";
import type { ExchangeSocket } from "./socket.ts";

const finishChannel = diagnostics.channel("http.server.response.finish");

/** The request has a body, and nobody has begun to read it. */
export function isUnread({ exchange, request }: ExchangeSocket): boolean {
  return exchange.hasBody && !request._consuming;
}

/**
 * Ends an answer two ticks later: who acknowledges a request first and reads it afterwards gets all of its body from Node's server, if its listeners are there by then, which is
 * when that emits 'finish'. An exchange has to know before it is over: it throws away what nobody wants.
 */
export function endLater(socket: ExchangeSocket, end: () => void): void {
  socket.ending = end;
  process.nextTick(process.nextTick, endNow, socket);
}

/** Does what `endLater` was told, unless that is done. */
export function endNow(socket: ExchangeSocket): void {
  const { ending, request } = socket;
  if (ending === null) return;
  socket.ending = null;
  if (isUnread(socket) && (request.readableFlowing === true || request.listenerCount("readable") > 0)) request.read(0);
  ending();
}

/** The answer was handed over in full: 'finish' follows once it is in the kernel. */
export function answered(socket: ExchangeSocket): void {
  const { exchange } = socket;
  if (!exchange.over) exchange.onFlushed = () => process.nextTick(settle, socket);
  else if (exchange.aborted) return;
  else if (socket.inHandler) socket.settlesAfter = true;
  else if (isUnheard(socket)) socket.host.settleLater(socket);
  else if (socket.request._eventsCount === 0) settleSoon(socket);
  else process.nextTick(settle, socket); // its own events come in Node's order
}

/**
 * The application's handler has returned. Where it has answered and nobody listens, what would come at the next tick is done now: a tick costs 300 ns,
 * and nothing is left to run before it but ticks of the application's own.
 */
export function handlerReturned(socket: ExchangeSocket): void {
  socket.inHandler = false;
  if (!socket.settlesAfter) return;
  socket.settlesAfter = false; // for this is asked after the body's end, too
  settleUnheard(socket);
}

/** Settles an answer now if nobody listens; whoever does is called at a tick, and may throw there. */
export function settleUnheard(socket: ExchangeSocket): void {
  if (isUnheard(socket)) settle(socket);
  else process.nextTick(settle, socket);
}

/** The engine's queue is empty again. */
export function drained(socket: ExchangeSocket): void {
  const { response, waiting } = socket;
  socket.waiting = null;
  if (waiting !== null) for (const callback of waiting) callback();
  if (!socket.needDrain) return;
  socket.needDrain = false;
  if (!response.destroyed && !response.finished) response.emit("drain");
}

/**
 * The engine says that the client is gone, or has half-closed and may yet read. Node's server closes then; ours does so once there is somebody to
 * hear of it, for that somebody may stop working and leave the request unanswered. Otherwise the answer still goes out.
 */
export function abandoned(socket: ExchangeSocket): void {
  const { exchange, request } = socket;
  if (socket.destroyed) return; // by the application, which hears of it from its socket
  if (!exchange.over) {
    if (exchange.ended) return; // the rest of the answer is on its way, and the client may be reading it
    const isReceived = request.complete || !exchange.hasBody;
    if (isReceived && !isWatched(socket)) return;
    exchange.abort(new JunicornError("ERR_CLIENT_GONE"));
  }
  connectionLost(socket, null);
}

/** The connection is no more: the client is gone, or the application cut it. */
export function connectionLost(socket: ExchangeSocket, error: Error | null): void {
  const { request, response } = socket;
  socket.destroyed = true;
  socket.lost = true;
  socket.stopTimer();
  if (socket.waiting !== null) {
    const waiting = socket.waiting;
    socket.waiting = null;
    for (const callback of waiting) callback(error ?? connectionReset());
  }
  if (!request.destroyed) request.destroy(connectionReset());
  response.destroyed = true;
  if (!response._closed) {
    response._closed = true;
    response.emit("close");
  }
  if (socket.closeEmitted) return;
  socket.closeEmitted = true;
  if (error !== null && socket.listenerCount("error") > 0) socket.emit("error", error);
  socket.emit("close", error !== null);
}

/** The application failed: reports it, and makes what it still does with this response harmless. */
export function failed(socket: ExchangeSocket, error: unknown): void {
  endNow(socket); // it was answered before that
  const { exchange, response, host } = socket;
  if (error === socket.failure) return; // came back from a stream that was given it
  socket.failure = error;
  const unanswered = !exchange.ended;
  host.failures.fail(exchange, error);
  if (!unanswered || response === undefined) return;
  response.destroyed = true;
  process.nextTick(closeFailed, socket);
}

/** A request that is destroyed has closed, with nobody to hear of it. */
export function closedUnheard({ _readableState: state }: LinkedRequest): void {
  state.closed = true;
  state.closeEmitted = true;
}

/** Node's error for a connection that ended too early. */
export function connectionReset(): Error {
  return Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}

/** Throws from a tick of its own: who called us has nothing to do with the error. */
export function throwLater(error: unknown): void {
  process.nextTick(rethrow, error);
}

// --- internal ---

function rethrow(error: unknown): never {
  throw error;
}

/**
 * Settles an answer that came from a promise as a microtask, in the context of who gave it. Where that is all that a request needs a tick for, a tick is
 * an entry into V8 of its own, and costs 2 µs.
 */
function settleSoon(socket: ExchangeSocket): void {
  void SETTLED.then(() => {
    try {
      settle(socket);
    } catch (error) {
      throwLater(error); // a listener's: it must not be taken for a rejection
    }
  });
}

const SETTLED = Promise.resolve();

function settle(socket: ExchangeSocket): void {
  const { request, response, waiting } = socket;
  if (response.destroyed) return;
  socket.flushed = true;
  socket.stopTimer();
  if (waiting !== null) drained(socket);
  if (finishChannel.hasSubscribers) finishChannel.publish({ request, response, socket, server: socket.host.server });
  if (!request._consuming) dump(socket);
  if (!socket.finishEmitted) response.emit("finish");
  // Without listeners now there can be none later: 'close' would follow before any promise could run.
  const isHeard = socket.closeLater || response.listenerCount("close") > 0 || socket.listenerCount("close") > 0;
  if (!isHeard) closeQuietly(socket);
  else process.nextTick(closeSettled, socket);
}

function isUnheard({ response, _eventsCount, waiting }: ExchangeSocket): boolean {
  return response._eventsCount === 0 && (_eventsCount ?? 0) === 0 && waiting === null;
}

/** Does the application want to know when the client goes? */
function isWatched(socket: ExchangeSocket): boolean {
  const { request, response } = socket;
  return (
    request.listenerCount("aborted") > 0 ||
    request.listenerCount("close") > 0 ||
    response.listenerCount("close") > 0 ||
    socket.listenerCount("close") > 0
  );
}

function closeQuietly(socket: ExchangeSocket): void {
  const { response } = socket;
  response.destroyed = true;
  response._closed = true;
}

function closeSettled(socket: ExchangeSocket): void {
  const { response } = socket;
  if (!response._closed) {
    closeQuietly(socket);
    response.emit("close");
  }
  // The engine may keep the connection, but nobody would tell this socket of its end later: what hangs on it is cleaned up now.
  if (socket.closeEmitted || socket.listenerCount("close") === 0) return;
  socket.destroyed = socket.closeEmitted = true;
  socket.emit("close", false);
}

function closeFailed(socket: ExchangeSocket): void {
  const { request } = socket;
  if (socket.exchange.aborted) return connectionLost(socket, null);
  if (!request._consuming) dump(socket);
  socket.stopTimer();
  closeSettled(socket);
}

/** Nobody read the request: it ends now. Without listeners that costs five flags instead of four ticks. */
function dump(socket: ExchangeSocket): void {
  const { request } = socket;
  if (request._eventsCount > 0) {
    // From Node 26 on _dump() takes it that a complete request has been told of its end, which ours is when it is read.
    if (request.complete || !socket.exchange.hasBody) request.read(0);
    return request._dump();
  }
  const state = request._readableState;
  request.complete ||= !socket.exchange.hasBody;
  request._dumped = true;
  state.ended = true;
  state.endEmitted = true;
  state.destroyed = true;
  closedUnheard(request);
}
