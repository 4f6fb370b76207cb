/**
 * A real `http.ServerResponse` that answers an exchange. Node's own class keeps the headers and the rules; the seams under it
 * (`_storeHeader`, `_writeRaw`) belong to the instance, and the fast ways (`write`, `end`) to this prototype.
 */

import { ServerResponse, type IncomingMessage } from "../../base/node-http.ts";
import type { Socket } from "node:net";
import type { HeaderList } from "../../http/exchange.ts";
import { answered, endLater, isUnread } from "./lifecycle.ts";
import { LINK, type LinkedResponse } from "./link.ts";
import { OUT_HEADERS, Store } from "./out-headers.ts";
import { leadThrough } from "./prototype-chain.ts";
import { fieldsOf, interimOf, reasonOf } from "./response-head.ts";
import type { ExchangeSocket } from "./socket.ts";

type Callback = (error?: Error | null) => void;
type Chunk = string | Uint8Array;
type Completing = Sending & Pick<LinkedResponse, "emit">;
type Sending = Pick<
  LinkedResponse,
  "finished" | "destroyed" | "strictContentLength" | "_headerSent" | "_hasBody" | "_trailer"
>;

/** Node's class, with what it shows to subclasses, and without the types of what is replaced here. */
const Base = ServerResponse as unknown as new (
  request: IncomingMessage,
) => Omit<LinkedResponse, "setHeader" | "write" | "end" | "writableFinished" | "writableNeedDrain">;

export class NodeResponse extends Base {
  constructor(request: IncomingMessage, socket: ExchangeSocket) {
    super(request);
    attachResponse(this as unknown as LinkedResponse, socket);
  }

  /** Node's, but for the price of its checks. */
  setHeader(name: string, value: number | string | readonly string[]): this {
    const socket = this[LINK];
    if (socket === undefined || this._header !== null || Array.isArray(value))
      return nodeSetHeader.call(this, name, value) as this;
    const lower = socket.host.names.check(name, value);
    const store = (this[OUT_HEADERS] ??= new Store());
    store[lower] = [name, value];
    return this;
  }

  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    const socket = this[LINK];
    if (socket === undefined || isUnusual(this, chunk, socket)) return nodeWrite.call(this, chunk, encoding, callback);
    if (typeof encoding === "function") {
      callback = encoding;
      encoding = undefined;
    }
    if (this._header === null) this._implicitHeader();
    const flowing = send(this, socket, chunk as Chunk, encoding);
    if (typeof callback === "function") socket.afterWrite(flowing, callback as Callback);
    return flowing;
  }

  end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    const socket = this[LINK];
    if (typeof chunk === "function") {
      callback = chunk;
      chunk = encoding = undefined;
    } else if (typeof encoding === "function") {
      callback = encoding;
      encoding = undefined;
    }
    if (socket === undefined || isUnusual(this, chunk ?? "", socket))
      return nodeEnd.call(this, chunk, encoding, callback) as this;
    if (this._header === null) this._implicitHeader();
    if (typeof callback === "function") {
      if (CALLBACK_FIRST) this.prependOnceListener("finish", callback as Callback);
      else this.once("finish", callback as Callback);
    }
    this.finished = true;
    complete(this, socket, chunk as Chunk | null | undefined, encoding);
    return this;
  }

  get writableFinished(): boolean {
    const socket = this[LINK];
    return socket === undefined
      ? (Reflect.get(ServerResponse.prototype, "writableFinished", this) as boolean)
      : socket.flushed;
  }

  get writableNeedDrain(): boolean {
    const socket = this[LINK];
    if (socket === undefined) return Reflect.get(ServerResponse.prototype, "writableNeedDrain", this) as boolean;
    return socket.needDrain && !this.destroyed && !this.finished;
  }

  /** Where Node's own `write`, `end` and `flushHeaders` put their bytes. */
  _send(data: Chunk, encoding?: unknown, callback?: unknown): boolean {
    const socket = this[LINK];
    if (socket === undefined) return nodeSend.call(this, data, encoding, callback);
    if (socket.destroyed) return false;
    const flowing = send(this, socket, data, encoding);
    if (typeof callback === "function") socket.afterWrite(flowing, callback as Callback);
    return flowing;
  }

  /** The last that Node's own `end()` does; its 'finish' is on its way as the callback of a `_send`. */
  _finish(): void {
    const socket = this[LINK];
    if (socket === undefined) return nodeFinish.call(this);
    socket.finishEmitted = true;
    complete(this, socket, null, undefined);
  }
}

/** Ties a fresh ServerResponse, of whatever subclass, to its exchange. */
export function attachResponse(response: LinkedResponse, socket: ExchangeSocket): void {
  response[LINK] = socket;
  (response as { socket: unknown }).socket = socket as unknown as Socket;
  response.shouldKeepAlive = true; // false is the application's wish only: what the client can do, the engine knows
  // As own properties they hold after any prototype swap.
  response._storeHeader = storeHeader;
  response._writeRaw = writeRaw;
  socket.response = response;
  socket._httpMessage = response;
}

// --- internal ---

interface NodeMethods {
  setHeader(name: string, value: number | string | readonly string[]): ServerResponse;
  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean;
  end(chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse;
  _send(data: Chunk, encoding?: unknown, callback?: unknown): boolean;
  _finish(): void;
}

const {
  setHeader: nodeSetHeader,
  write: nodeWrite,
  end: nodeEnd,
  _send: nodeSend,
  _finish: nodeFinish,
} = ServerResponse.prototype as unknown as NodeMethods;

/** From Node 24 on what `end()` is given is called before the listeners of 'finish'. */
const CALLBACK_FIRST = Number(process.versions.node.split(".", 1)[0]) >= 24;

/** Cases left to Node's own code, which knows the errors to throw or emit for them. */
function isUnusual(response: Sending, chunk: unknown, socket: ExchangeSocket): boolean {
  if (
    !response.finished &&
    !response.destroyed &&
    !response.strictContentLength &&
    (typeof chunk === "string" || chunk instanceof Uint8Array)
  )
    return false;
  socket.closeLater = true; // an error emitted at the next tick must find the response open
  return true;
}

/** Called by Node's `writeHead` with the headers, validated only if they came through `setHeader`. */
function storeHeader(this: LinkedResponse, firstLine: string, headers: unknown): void {
  if (!(this instanceof NodeResponse)) adopt(this);
  const socket = this[LINK]!;
  socket.status = this.statusCode;
  socket.headers = fieldsOf(this, headers);
  socket.reason = reasonOf(this);
  this._header = firstLine;
  this._headerSent = false;
}

/** Called by Node for interim answers only: it writes them as text. */
function writeRaw(this: LinkedResponse, data: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean {
  const socket = this[LINK]!;
  const interim = interimOf(typeof data === "string" ? data : Buffer.from(data).toString("latin1"));
  if (interim === null) throw new Error("only the engine writes to the connection: use write() or end()");
  socket.exchange.inform(interim.status, interim.headers);
  const done = typeof encoding === "function" ? encoding : callback;
  if (typeof done === "function") process.nextTick(done as Callback);
  return true;
}

/**
 * The application swapped the prototype for one that leads past ours, as Express does when it is called by a handler. Its chain is led through
 * ours from here on, so that the rest of this answer and all later ones are sent by the methods above.
 */
function adopt(response: LinkedResponse): void {
  leadThrough(response, ServerResponse.prototype, NodeResponse.prototype);
  response[LINK]!.host.onForeignPrototype(response);
}

/** Sends a piece of the body, and before the first one the head. True: more may follow at once. */
function send(response: Sending, socket: ExchangeSocket, chunk: Chunk, encoding: unknown): boolean {
  const { exchange } = socket;
  try {
    if (!response._headerSent) start(response, socket);
    if (chunk.length === 0 || !response._hasBody) return true;
    socket.active();
    if (exchange.write(encoded(chunk, encoding))) return true;
  } catch (error) {
    socket.fail(error);
    return true;
  }
  socket.pauseWriting();
  return false;
}

function start(response: Sending, socket: ExchangeSocket): void {
  response._headerSent = true;
  socket.exchange.start(socket.status, socket.reason, socket.headers);
}

/** Ends the answer: now, unless the request has a body that nobody reads yet. */
function complete(
  response: Completing,
  socket: ExchangeSocket,
  chunk: Chunk | null | undefined,
  encoding: unknown,
): void {
  if (!isUnread(socket)) return completeNow(response, socket, chunk, encoding);
  // A copy: by then the application may have other uses for its bytes.
  const body = typeof chunk === "object" && chunk !== null ? Buffer.from(chunk) : chunk;
  endLater(socket, () => completeNow(response, socket, body, encoding));
}

function completeNow(
  response: Completing,
  socket: ExchangeSocket,
  chunk: Chunk | null | undefined,
  encoding: unknown,
): void {
  try {
    finish(response, socket, chunk, encoding);
  } catch (error) {
    return socket.fail(error);
  }
  response.emit("prefinish");
  answered(socket);
}

/** All that is left of the answer, in one call where nothing was sent yet. */
function finish(response: Sending, socket: ExchangeSocket, chunk: Chunk | null | undefined, encoding: unknown): void {
  const { exchange } = socket;
  const body = chunk === null || chunk === undefined || chunk.length === 0 ? null : encoded(chunk, encoding);
  if (!response._headerSent && response._trailer === "" && !(body === null && exchange.method === "HEAD")) {
    response._headerSent = true;
    // To HEAD the engine announces the length of the body and sends none.
    return exchange.respond(
      socket.status,
      socket.reason,
      socket.headers,
      response._hasBody || exchange.method === "HEAD" ? body : null,
    );
  }
  if (!response._headerSent) start(response, socket);
  if (body !== null && response._hasBody) exchange.write(body);
  exchange.end(response._trailer === "" ? undefined : trailersOf(response._trailer));
}

function encoded(chunk: Chunk, encoding: unknown): Chunk {
  if (
    typeof chunk !== "string" ||
    encoding === undefined ||
    encoding === null ||
    encoding === "utf8" ||
    encoding === "utf-8"
  )
    return chunk;
  return Buffer.from(chunk, encoding as BufferEncoding);
}

/** Node's `addTrailers` has checked them and keeps them as text. */
function trailersOf(text: string): HeaderList {
  return interimOf(`HTTP/1.1 100 \r\n${text}`)!.headers;
}
