/**
 * A load at a fixed rate. Each request is due at a time of its own, whether or not earlier ones are answered: where no connection is free it
 * waits here, and that wait counts. So a server that stops for a second shows a second of latency for all who would have come meanwhile, which a
 * client that asks only after an answer never sees (coordinated omission).
 */

import type { Socket } from "node:net";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { Histogram } from "../histogram.ts";
import { connectTo } from "../server/ready.ts";
import { hostOf, type LoadOptions, type LoadRequest, type LoadResult, requestsOf } from "./options.ts";
import { ResponseReader } from "./response-reader.ts";

/** How long the last answers are waited for. What has none by then counts as an error that took as long. */
const PATIENCE_MS = 3000;
/** Nearer than this to the next request, timers are too coarse. */
const SPIN_MS = 1.5;

export async function runPaced(options: LoadOptions): Promise<LoadResult> {
  const { rate = 0, seconds, connections } = options;
  if (!(rate > 0)) throw new Error(`a paced load needs a rate, not ${rate}`);
  const run = new Run(options);
  await run.open();
  const began = performance.now();
  const total = Math.max(1, Math.round(rate * seconds));
  for (let sent = 0; sent < total;) {
    const now = performance.now();
    for (; sent < total && began + (sent * 1000) / rate <= now; sent++) run.due(began + (sent * 1000) / rate);
    const next = began + (sent * 1000) / rate - performance.now();
    // On a core of its own the client may spin; elsewhere it would take the server's time.
    if (next > SPIN_MS || options.cores === undefined) await sleep(Math.max(1, next - 1));
    else await turn();
  }
  const patience = performance.now() + PATIENCE_MS;
  while (run.waiting > 0 && performance.now() < patience) await sleep(2);
  const took = (performance.now() - began) / 1000;
  run.close();
  const spent = Math.max(took, seconds);
  return {
    driver: "paced",
    connections,
    rate,
    seconds: spent,
    requests: run.answered,
    requestsPerSecond: run.answered / spent,
    bytesPerSecond: run.bytes / spent,
    latency: run.latencies.latency(),
    histogram: run.latencies.buckets(),
    errors: run.errors,
    firstError: run.firstError,
    clientCore: null,
    clientLate: run.lateness.latency().p99,
  };
}

// --- internal ---

/** Places of the queue that are empty, before they are given back. */
const KEPT = 10_000;

interface Sent {
  readonly bytes: Buffer;
  readonly isHead: boolean;
}

function bytesOf({ method, path, headers, body }: LoadRequest, host: string): Buffer {
  const named = Object.keys(headers).map((name) => name.toLowerCase());
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (!named.includes("host")) fields.unshift(`Host: ${host}\r\n`);
  if (body !== undefined) fields.push(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join("")}\r\n${body ?? ""}`);
}

class Run {
  readonly latencies = new Histogram();
  readonly lateness = new Histogram();
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];
  /** When those are due that no connection was free for. */
  readonly #queue: number[] = [];
  #queueHead = 0;
  readonly #requests: readonly Sent[];
  readonly #options: LoadOptions;
  #next = 0;
  answered = 0;
  bytes = 0;
  errors = 0;
  firstError: string | null = null;
  #over = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#requests = requestsOf(options).map((request) => ({
      bytes: bytesOf(request, hostOf(options.at)),
      isHead: request.method === "HEAD",
    }));
  }

  async open(): Promise<void> {
    for (let i = 0; i < this.#options.connections; i++) this.#all.push(new Connection(this));
    await Promise.all(this.#all.map((connection) => connection.open(this.#options)));
  }

  get waiting(): number {
    return this.#queue.length - this.#queueHead + this.#all.filter((connection) => connection.busy).length;
  }

  due(at: number): void {
    const connection = this.#free.pop();
    if (connection === undefined) this.#queue.push(at);
    else this.#send(connection, at);
  }

  /** A connection has nothing to do. */
  release(connection: Connection): void {
    if (this.#over) return;
    const due = this.#queue[this.#queueHead];
    if (due === undefined) return void this.#free.push(connection);
    if (++this.#queueHead > KEPT) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
    connection.send(this.#request(), due);
  }

  /** A connection is gone that had nothing to do. */
  forget(connection: Connection): void {
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
  }

  done(due: number, status: number, text: string): void {
    if (this.#over) return;
    this.latencies.record(performance.now() - due);
    if (status < 400) this.answered++;
    else this.failed(`status ${status}${text === "" ? "" : `: ${text}`}`);
  }

  /** A request got no answer: it has taken until now. */
  lost(due: number, why: string): void {
    if (this.#over) return;
    this.latencies.record(performance.now() - due);
    this.failed(why);
  }

  failed(why: string): void {
    this.errors++;
    this.firstError ??= why;
  }

  close(): void {
    const why = `no answer ${PATIENCE_MS} ms after the last request was due`;
    for (const { busy, due } of this.#all) if (busy) this.lost(due, why);
    for (const due of this.#queue.slice(this.#queueHead)) this.lost(due, why);
    this.#over = true;
    for (const connection of this.#all) connection.close();
  }

  #send(connection: Connection, due: number): void {
    this.lateness.record(performance.now() - due);
    connection.send(this.#request(), due);
  }

  #request(): Sent {
    this.#next = (this.#next + 1) % this.#requests.length;
    return this.#requests[this.#next]!;
  }
}

class Connection {
  readonly #run: Run;
  #socket: Socket | null = null;
  #reader: ResponseReader | null = null;
  #options: LoadOptions | null = null;
  busy = false;
  due = 0;
  #closed = false;
  #failures = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Resolves when it is open or has failed. A server that closes it gets another one. */
  open(options: LoadOptions): Promise<void> {
    this.#options = options;
    return new Promise((resolve) => {
      const socket = (this.#socket = connectTo(options.at));
      let why = "the server closed the connection before it answered";
      const reader = new ResponseReader((status, closes, text) => this.#answered(status, closes, text));
      this.#reader = reader;
      socket.on("connect", () => {
        this.#failures = 0;
        this.#run.release(this);
        resolve();
      });
      socket.on("data", (chunk: Buffer) => {
        this.#run.bytes += chunk.length;
        reader.read(chunk);
      });
      socket.on("end", () => reader.end());
      socket.on("error", (error) => (why = error.message));
      socket.on("close", () => {
        if (this.#socket !== socket) return;
        this.#gone(why);
        resolve();
      });
    });
  }

  send({ bytes, isHead }: Sent, due: number): void {
    this.busy = true;
    this.due = due;
    this.#reader!.isHead = isHead;
    this.#socket!.write(bytes);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #answered(status: number, closes: boolean, text: string): void {
    if (!this.busy) return;
    this.busy = false;
    this.#run.done(this.due, status, text);
    if (closes) this.#again();
    else this.#run.release(this);
  }

  #gone(why: string): void {
    this.#run.forget(this);
    if (this.#closed) return;
    if (this.busy) {
      this.busy = false;
      this.#run.lost(this.due, why);
    } else if (++this.#failures > 1) this.#run.failed(why);
    this.#again();
  }

  /** At once the first time, and then not too often: a server may be down. */
  #again(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    setTimeout(
      () => {
        if (!this.#closed) void this.open(this.#options!);
      },
      this.#failures === 0 ? 0 : RETRY_MS,
    );
  }
}

const RETRY_MS = 100;
