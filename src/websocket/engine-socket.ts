/** A WebSocket that the engine speaks, in the shape of one of the `ws` package, as crossws's node adapter expects it. */

import { EventEmitter } from "node:events";
import type { EngineWebSocket, WebSocketAgreement, WebSocketEvents, WebSocketExchange } from "../http/websocket.ts";
import { COMPRESSION_THRESHOLD, type OpenSocket } from "./limits.ts";

interface SendOptions {
  readonly binary?: boolean;
  readonly compress?: boolean;
}

export class EngineSocket extends EventEmitter implements WebSocketEvents, OpenSocket {
  readonly protocol: string;
  readyState: number = OPEN;
  binaryType = "nodebuffer";
  // Not #private: crossws shows applications a Proxy of this (`peer.websocket`), and its methods are called on that.
  private readonly maxBackpressure: number;
  /** Null before it is accepted, and once it is closed. */
  private engine: EngineWebSocket | null = null;

  private constructor(protocol: string, maxBackpressure: number) {
    super();
    this.protocol = protocol;
    this.maxBackpressure = maxBackpressure;
  }

  /** Null: too late, the request is answered or its client gone. */
  static accept(
    exchange: WebSocketExchange,
    agreement: WebSocketAgreement,
    maxBackpressure: number,
  ): EngineSocket | null {
    const socket = new EngineSocket(agreement.protocol, maxBackpressure);
    socket.engine = exchange.acceptWebSocket(agreement, socket);
    return socket.engine === null ? null : socket;
  }

  // --- as `ws` has them ---

  /** The emitter of "drain". */
  get _socket(): this {
    return this;
  }

  get bufferedAmount(): number {
    return this.engine?.bufferedAmount ?? 0;
  }

  send(data: unknown, options: SendOptions = {}): void {
    const engine = this.engine;
    if (engine === null || this.readyState !== OPEN) return;
    const bytes = typeof data === "string" ? data : bytesOf(data);
    if (this.maxBackpressure > 0 && engine.bufferedAmount > this.maxBackpressure) {
      this.emit("overflow");
      return engine.terminate();
    }
    const compress = options.compress === true && bytes.length >= COMPRESSION_THRESHOLD;
    engine.send(bytes, options.binary ?? typeof data !== "string", compress);
  }

  /** @throws RangeError for more than the 125 bytes that a ping can carry. */
  ping(data: unknown = ""): void {
    const bytes = typeof data === "string" ? data : bytesOf(data);
    if (Buffer.byteLength(bytes) > MOST_CONTROL_BYTES) throw new RangeError("a ping carries 125 bytes at most");
    if (this.readyState === OPEN) this.engine?.ping(bytes);
  }

  /** @throws TypeError for a code that must not be sent, RangeError for a reason of more than 123 bytes. */
  close(code?: number, reason: string | Buffer = ""): void {
    const text = String(reason);
    if (code !== undefined && !mayBeSent(code))
      throw new TypeError(`${code} is no code that an application may close with`);
    if (Buffer.byteLength(text) > MOST_CONTROL_BYTES - 2)
      throw new RangeError("the reason of a close takes 123 bytes at most");
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    this.engine?.close(code ?? 0, text);
  }

  terminate(): void {
    this.engine?.terminate();
  }

  // --- told by the engine ---

  message(data: Buffer, isBinary: boolean): void {
    // Text is made a string before this returns; bytes are kept by whoever gets them.
    if (this.readyState === OPEN) this.emit("message", isBinary ? Buffer.from(data) : data, isBinary);
  }

  pinged(data: Buffer): void {
    this.emit("ping", Buffer.from(data));
  }

  pong(data: Buffer): void {
    this.emit("pong", Buffer.from(data));
  }

  drained(): void {
    this.emit("drain");
  }

  tooLarge(): void {
    this.emit("error", new RangeError("Max payload size exceeded"));
  }

  /** Always later: a hook must not be called from within a call that the application makes. */
  closed(code: number, reason: string): void {
    this.engine = null;
    this.readyState = CLOSING;
    process.nextTick(() => {
      this.readyState = CLOSED;
      this.emit("close", code, Buffer.from(reason));
    });
  }
}

// --- internal ---

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const MOST_CONTROL_BYTES = 125;

/** What crossws has not turned into text: bytes, in any of their forms. */
function bytesOf(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data as ArrayBuffer);
}

/** RFC 6455, 7.4. */
function mayBeSent(code: number): boolean {
  if (code >= 3000 && code <= 4999) return Number.isInteger(code);
  return code >= 1000 && code <= 1014 && Number.isInteger(code) && code !== 1004 && code !== 1005 && code !== 1006;
}
