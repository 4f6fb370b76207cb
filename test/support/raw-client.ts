/** A client that sends exact bytes and reads answers strictly: what is not clean HTTP/1.1 is an error here. */

import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { ResponseParser, type RawResponse } from "./response-parser.ts";

export type { RawResponse } from "./response-parser.ts";

/** A port of 127.0.0.1, or a unix socket's path. */
export type Target = number | string;

/** Ports of servers that speak TLS: clients of those do, too, without asking who serves them. */
export const SECURE_PORTS = new Set<number>();

/**
 * How long an answer, or the end, is waited for, in ms: not so long that a time-out in the server would help one along that is stuck, as uWebSockets' of
 * 10 s and more do.
 */
const ANSWER_MS = 10_000;

/** One connection. Reading waits for bytes; nothing is ever skipped. */
export class RawClient {
  readonly socket: Socket;
  /** Bytes received and not yet parsed. */
  pending: Buffer = Buffer.alloc(0);
  /** The server has sent FIN. */
  ended = false;
  error: NodeJS.ErrnoException | null = null;
  readonly #raw: Socket;
  #wake: (() => void) | null = null;

  private constructor(socket: Socket, raw: Socket) {
    this.socket = socket;
    this.#raw = raw;
    socket.on("data", (chunk: Buffer) => {
      this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
      this.#notify();
    });
    socket.on("end", () => {
      this.ended = true;
      this.#notify();
    });
    socket.on("error", (error) => {
      this.error = error;
      this.#notify();
    });
    socket.on("close", () => this.#notify());
  }

  /** Fails with ETIMEDOUT after `timeout` ms. */
  static async connect(target: Target, timeout = 30_000): Promise<RawClient> {
    const tls = typeof target === "number" && SECURE_PORTS.has(target);
    const socket =
      typeof target === "number"
        ? connect({ port: target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
        : connect({ path: target, allowHalfOpen: true });
    const late = Object.assign(new Error(`not connected after ${timeout} ms`), { code: "ETIMEDOUT" });
    const timer = setTimeout(() => socket.destroy(late), timeout);
    await once(socket, "connect").finally(() => clearTimeout(timer));
    return new RawClient(tls ? await secured(socket) : socket, socket);
  }

  /** Sends bytes (a string is latin-1); with `splits`, in pieces cut at those offsets, each in a segment of its own. */
  async send(bytes: string | Uint8Array, splits: readonly number[] = []): Promise<void> {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    const cuts = [0, ...splits, data.length];
    for (let i = 0; i + 1 < cuts.length; i++) {
      const piece = data.subarray(cuts[i], cuts[i + 1]);
      if (piece.length > 0) await new Promise((resolve) => this.socket.write(piece, resolve));
      // A turn of the loop, so that the kernel has the piece before the next one.
      if (i + 2 < cuts.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Sends FIN; reading goes on. */
  halfClose(): void {
    this.socket.end();
  }

  /** Closes with RST. */
  reset(): void {
    this.#raw.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Reads one final answer to a request of `method`; interim answers before it are in `interim`. Throws where it is cut or malformed. */
  async read(method = "GET", timeout = ANSWER_MS): Promise<RawResponse> {
    const parser = new ResponseParser(method);
    for (;;) {
      const used = parser.feed(this.pending);
      this.pending = this.pending.subarray(used);
      if (parser.done) return parser.response;
      if (this.ended || this.error) return parser.finish(this.error);
      await this.#more(timeout, () => `an answer to ${method}; so far: ${parser.describe()}`);
    }
  }

  /** Reads just an interim answer (100, 103) that stands first. */
  async readInterim(timeout = ANSWER_MS): Promise<{ status: number; headers: [string, string][] }> {
    const end = await this.#until(() => this.pending.indexOf("\r\n\r\n"), timeout);
    const parser = new ResponseParser("GET");
    parser.feed(this.pending.subarray(0, end + 4));
    const interim = parser.response.interim[0];
    if (!interim) throw new Error(`no interim answer: ${parser.describe()}`);
    this.pending = this.pending.subarray(end + 4);
    return interim;
  }

  /** Resolves once `count` bytes or more are waiting. */
  async readBytes(count: number, timeout = ANSWER_MS): Promise<Buffer> {
    await this.#until(() => (this.pending.length >= count ? 0 : -1), timeout);
    return this.pending;
  }

  /** True when the server has closed (FIN or RST) and every byte was read; waits for it. */
  async closed(timeout = ANSWER_MS): Promise<boolean> {
    while (!this.ended && !this.error) await this.#more(timeout, () => "the server to close");
    return this.pending.length === 0;
  }

  get isClosed(): boolean {
    return this.ended || this.error !== null;
  }

  async #until(found: () => number, timeout: number): Promise<number> {
    for (;;) {
      const index = found();
      if (index >= 0) return index;
      if (this.ended || this.error)
        throw new Error(`closed too early: ${JSON.stringify(this.pending.toString("latin1"))}`);
      await this.#more(
        timeout,
        () => `more bytes after ${JSON.stringify(this.pending.toString("latin1").slice(-200))}`,
      );
    }
  }

  async #more(timeout: number, what: () => string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = null;
        reject(new Error(`waited ${timeout} ms for ${what()}`));
      }, timeout);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }

  #notify(): void {
    this.#wake?.();
  }
}

/** One connection, one request (whole bytes), one answer. The connection is closed afterwards. */
export async function exchange(
  target: Target,
  bytes: string | Uint8Array,
  splits?: readonly number[],
): Promise<RawResponse> {
  const client = await RawClient.connect(target);
  try {
    await client.send(bytes, splits);
    const method = (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1")).split(" ", 1)[0];
    return await client.read(method);
  } finally {
    client.destroy();
  }
}

/** Text of a simple request: `Host` is added unless given. */
export function request(line: string, headers: Record<string, string> = {}, body = ""): string {
  const fields = { Host: "junicorn.test", ...headers };
  const length = body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body, "latin1")) };
  const lines = Object.entries({ ...fields, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line.includes(" HTTP/") ? line : `${line} HTTP/1.1`}\r\n${lines.join("")}\r\n${body}`;
}

// --- internal ---

async function secured(socket: Socket): Promise<Socket> {
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  return secure;
}
