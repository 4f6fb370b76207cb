/** HTTP/2 clients: Node's own for whole requests, and one that writes frames as it is told, for what no sane client sends. */

import {
  connect,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

/** Of 1.x: what it refuses, and how, has changed. */
export const NGHTTP2_MINOR = Number(process.versions["nghttp2"]?.split(".")[1]);

export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
  /** Interim answers. */
  readonly interim: readonly IncomingHttpHeaders[];
  /** The stream ended with this error code; 0 is none. */
  readonly code: number;
}

export interface H2Request {
  readonly headers?: OutgoingHttpHeaders;
  /** Absent: no body. */
  readonly body?: string | Uint8Array;
  readonly trailers?: OutgoingHttpHeaders;
  /** Waits for a 100 before the body is sent. */
  readonly expect?: boolean;
}

export interface H2Connecting {
  readonly tls?: boolean;
  readonly settings?: object | undefined;
  readonly socket?: Duplex;
}

export class H2Client {
  readonly session: ClientHttp2Session;
  goaways: number[] = [];
  #closed = false;

  /** `socket`: what to speak over, instead of a new connection. */
  constructor(port: number, { tls = false, settings = {}, socket }: H2Connecting = {}) {
    this.session = connect(`${tls ? "https" : "http"}://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
      settings,
      ...(socket && { createConnection: () => socket }),
    });
    this.session.on("error", () => {});
    this.session.on("goaway", (code) => this.goaways.push(code));
    this.session.once("close", () => (this.#closed = true));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves with what came, whole or not. */
  ask(line: string, { headers = {}, body, trailers, expect = false }: H2Request = {}): Promise<H2Answer> {
    const [method = "GET", path = "/"] = line.split(" ");
    const stream = this.session.request(
      { ":method": method, ":path": path, ...headers, ...(expect && { expect: "100-continue" }) },
      { endStream: body === undefined, waitForTrailers: trailers !== undefined },
    );
    const answer = { status: 0, headers: {}, trailers: {}, interim: [] as IncomingHttpHeaders[] };
    const chunks: Buffer[] = [];
    stream.on("response", (got) => Object.assign(answer, { status: got[":status"], headers: got }));
    stream.on("headers", (got) => answer.interim.push(got));
    stream.on("trailers", (got) => (answer.trailers = got));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => {});
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    if (body !== undefined && expect) stream.once("continue", () => stream.end(body));
    else if (body !== undefined) stream.end(body);
    return new Promise((resolve) => {
      stream.once("close", () => resolve({ ...answer, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 }));
    });
  }

  destroy(): void {
    this.session.destroy();
  }
}

export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  CONTINUATION: 9,
} as const;
export const FrameFlag = { ACK: 1, END_STREAM: 1, END_HEADERS: 4 } as const;
/** Flags of a HEADERS frame that is a whole request. */
export const WHOLE = FrameFlag.END_STREAM | FrameFlag.END_HEADERS;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block without compression: literals that nobody is to index. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0x10), literal(name), literal(value)]));
}

/** The fields every request has. */
export function requestBlock(path = "/", ...more: readonly (readonly [string, string])[]): Buffer {
  return block([":method", "GET"], [":scheme", "http"], [":path", path], [":authority", "h"], ...more);
}

/** Sends what it is given, and keeps the frames that come back. It acknowledges nothing. */
export class FrameClient {
  readonly socket: Duplex;
  readonly frames: Frame[] = [];
  closed = false;
  #rest = Buffer.alloc(0);

  private constructor(socket: Duplex) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => {});
    socket.once("close", () => (this.closed = true));
  }

  /** Connects and sends the preface, unless told not to. */
  static async connect(port: number, { tls = false, preface = true } = {}): Promise<FrameClient> {
    const socket: Socket = tls
      ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] })
      : connectTcp(port, "127.0.0.1");
    await new Promise((resolve, reject) =>
      socket.once(tls ? "secureConnect" : "connect", resolve).once("error", reject),
    );
    const client = new FrameClient(socket);
    if (preface) client.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(FrameType.SETTINGS, 0, 0));
    return client;
  }

  send(...frames: Uint8Array[]): boolean {
    return this.socket.writable && this.socket.write(Buffer.concat(frames));
  }

  /** The error code of the last GOAWAY, or null. */
  get goaway(): number | null {
    return this.#codeIn(FrameType.GOAWAY, 4);
  }

  /** The error code with which the server has reset a stream, or null. */
  resetOf(stream: number): number | null {
    const found = this.frames.find((one) => one.type === FrameType.RST_STREAM && one.stream === stream);
    return found?.payload.readUInt32BE(0) ?? null;
  }

  /** The stream has been answered, if only in part. */
  answered(stream: number): boolean {
    return this.frames.some((one) => one.type === FrameType.HEADERS && one.stream === stream);
  }

  destroy(): void {
    this.socket.destroy();
  }

  // --- internal ---

  #codeIn(type: number, at: number): number | null {
    return this.frames.findLast((one) => one.type === type)?.payload.readUInt32BE(at) ?? null;
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) return;
      const payload = this.#rest.subarray(9, 9 + length);
      this.frames.push({ type: this.#rest[3]!, flags: this.#rest[4]!, stream: this.#rest.readUInt32BE(5), payload });
      this.#rest = this.#rest.subarray(9 + length);
    }
  }
}

export const ErrorCode = {
  NO_ERROR: constants.NGHTTP2_NO_ERROR,
  REFUSED_STREAM: constants.NGHTTP2_REFUSED_STREAM,
  ENHANCE_YOUR_CALM: constants.NGHTTP2_ENHANCE_YOUR_CALM,
  PROTOCOL_ERROR: constants.NGHTTP2_PROTOCOL_ERROR,
  INTERNAL_ERROR: constants.NGHTTP2_INTERNAL_ERROR,
};

// --- internal ---

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const prefix = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) prefix.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...prefix, rest]), bytes]);
}
