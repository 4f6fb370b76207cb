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

/** Connections are opened when they are needed, as clients do: an idle one would occupy a server that serves one connection at a time. */
class Run {
  readonly latencies = new Histogram();
  readonly lateness = new Histogram();
  readonly #free: Connection[] = [];
  readonly #open = new Set<Connection>();
  #opening = 0;
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

  get waiting(): number {
    return this.#queued + [...this.#open].filter((connection) => connection.busy).length;
  }

  due(at: number): void {
    const connection = this.#free.pop();
    if (connection !== undefined) {
      this.lateness.record(performance.now() - at);
      return connection.send(this.#request(), at);
    }
    this.#queue.push(at);
    this.#openMore();
  }

  /** A connection has nothing to do. `isNew`: it has just been opened. */
  release(connection: Connection, isNew = false): void {
    if (isNew) this.#opening--;
    if (this.#over) return;
    const due = this.#shift();
    if (due === undefined) this.#free.push(connection);
    else connection.send(this.#request(), due);
  }

  /** A connection is over. `why` it could not even be opened: the next request has got that for an answer. */
  gone(connection: Connection, why: string | null): void {
    this.#open.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    if (this.#over) return;
    if (why !== null) {
      this.#opening--;
      const due = this.#shift();
      if (due !== undefined) this.lost(due, why);
    }
    this.#openMore();
  }

  done(due: number, status: number, text: string): void {
    if (this.#over) return;
    this.latencies.record(performance.now() - due);
    if (status < 400) this.answered++;
    else this.#failed(`status ${status}${text === "" ? "" : `: ${text}`}`);
  }

  /** A request got no answer: it has taken until now. */
  lost(due: number, why: string): void {
    if (this.#over) return;
    this.latencies.record(performance.now() - due);
    this.#failed(why);
  }

  close(): void {
    const why = `no answer ${PATIENCE_MS} ms after the last request was due`;
    for (const { busy, due } of this.#open) if (busy) this.lost(due, why);
    for (let due = this.#shift(); due !== undefined; due = this.#shift()) this.lost(due, why);
    this.#over = true;
    for (const connection of this.#open) connection.close();
  }

  get #queued(): number {
    return this.#queue.length - this.#queueHead;
  }

  #shift(): number | undefined {
    const due = this.#queue[this.#queueHead];
    if (due === undefined) return undefined;
    if (++this.#queueHead > KEPT) {
      this.#queue.splice(0, this.#queueHead);
      this.#queueHead = 0;
    }
    return due;
  }

  #openMore(): void {
    while (this.#opening < this.#queued && this.#open.size < this.#options.connections) {
      this.#opening++;
      this.#open.add(new Connection(this, this.#options));
    }
  }

  #failed(why: string): void {
    this.errors++;
    this.firstError ??= why;
  }

  #request(): Sent {
    this.#next = (this.#next + 1) % this.#requests.length;
    return this.#requests[this.#next]!;
  }
}

class Connection {
  readonly #run: Run;
  readonly #socket: Socket;
  readonly #reader: ResponseReader;
  busy = false;
  due = 0;

  constructor(run: Run, { at }: LoadOptions) {
    this.#run = run;
    const socket = (this.#socket = connectTo(at));
    const reader = (this.#reader = new ResponseReader((...answer) => this.#answered(...answer)));
    let isOpen = false;
    let why = "the server closed the connection before it answered";
    socket.on("connect", () => {
      isOpen = true;
      run.release(this, true);
    });
    socket.on("data", (chunk: Buffer) => {
      run.bytes += chunk.length;
      reader.read(chunk);
    });
    socket.on("end", () => reader.end());
    socket.on("error", (error) => (why = error.message));
    socket.on("close", () => {
      if (this.busy) run.lost(this.due, why);
      this.busy = false;
      run.gone(this, isOpen ? null : why);
    });
  }

  send({ bytes, isHead }: Sent, due: number): void {
    this.busy = true;
    this.due = due;
    this.#reader.isHead = isHead;
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #answered(status: number, closes: boolean, text: string): void {
    if (!this.busy) return;
    this.busy = false;
    this.#run.done(this.due, status, text);
    if (closes) this.close();
    else this.#run.release(this);
  }
}
