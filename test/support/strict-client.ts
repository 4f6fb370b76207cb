/**
 * A steady load by strict clients that forgive nothing and retry nothing: every request is sent once, and is answered in full or counted as lost,
 * with what happened to it and in which state its connection was. A connection is used again only if the answer allows it.
 */

import { setImmediate as turnOfTheLoop, setTimeout as sleep } from "node:timers/promises";
import { PATIENCE_MS } from "./poll.ts";
import { RawClient, type RawResponse, type Target } from "./raw-client.ts";
import { valueOf } from "./response-parser.ts";

/** A request as bytes, and what must be answered. */
export interface Call {
  readonly method: string;
  readonly bytes: string;
  readonly status: number;
  readonly body: string;
}

export interface LoadOptions {
  readonly target: Target;
  readonly clients: number;
  /** What a client sends: `id` counts requests, and the answer must carry it as `X-Id`. `last`: no other request follows on the connection. */
  readonly call: (id: number, last: boolean) => Call;
  /** Which clients keep their connections: "half" is every other one, the rest make one for each request. */
  readonly keepAlive?: "all" | "half" | "none";
  /** What a client waits between an answer and its next request, in ms. */
  readonly pause?: () => number;
  /** Ends by itself after so many requests. */
  readonly count?: number;
  readonly timeoutMs?: number;
}

/**
 * `refused`, `reset` and `closed`: before a byte of the answer. `cut`: after one. `raced`: reset or closed, too, but on a kept connection, where HTTP
 * leaves it to the client to try again; these do not. `wrong`: another status, body or request's answer, or no HTTP at all.
 */
export type Loss = "refused" | "reset" | "closed" | "raced" | "cut" | "wrong" | "timeout";

export interface Lost {
  readonly id: number;
  /** Its request line. */
  readonly line: string;
  readonly loss: Loss;
  readonly detail: string;
  /** "fresh", or how long it had been idle. */
  readonly connection: string;
  /** When it was sent and when it was lost, by `performance.now()`. */
  readonly sentAt: number;
  readonly lostAt: number;
  /** Who answered before on this connection, as its `X-Pid` said. */
  readonly worker: string | null;
}

export interface LoadReport {
  readonly sent: number;
  readonly lost: readonly Lost[];
  readonly connections: number;
  /** Requests sent on connections that had served others. */
  readonly kept: number;
  /** Connections that the server closed between two requests without having announced it, and that was seen in time. */
  readonly closedIdle: number;
  /** Answers by `X-Pid`. */
  readonly workers: ReadonlyMap<string, number>;
}

export class Load {
  readonly #options: LoadOptions;
  readonly #lost: Lost[] = [];
  readonly #workers = new Map<string, number>();
  readonly #running: Promise<unknown>;
  #stopped = false;
  #sent = 0;
  #connections = 0;
  #kept = 0;
  #closedIdle = 0;

  /** Starts at once. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#running = Promise.all(Array.from({ length: options.clients }, (_, index) => this.#client(index)));
  }

  get sent(): number {
    return this.#sent;
  }
  /** Answers so far by `X-Pid`. */
  get workers(): ReadonlyMap<string, number> {
    return this.#workers;
  }

  /** Sends no more, waits for the answers that are due, and reports. */
  stop(): Promise<LoadReport> {
    this.#stopped = true;
    return this.finished();
  }

  /** Resolves after `count` requests, or `stop()`. */
  async finished(): Promise<LoadReport> {
    await this.#running;
    return {
      sent: this.#sent,
      lost: this.#lost,
      connections: this.#connections,
      kept: this.#kept,
      closedIdle: this.#closedIdle,
      workers: this.#workers,
    };
  }

  // --- internal ---

  async #client(index: number): Promise<void> {
    const { keepAlive = "all", pause = () => 0, count = Infinity } = this.#options;
    const keeps = keepAlive === "all" || (keepAlive === "half" && index % 2 === 0);
    let connection: Connection | null = null;
    for (;;) {
      // As clients do that keep connections: what the kernel has of a close is seen before the next request, not after it.
      if (connection !== null) await turnOfTheLoop();
      if (this.#stopped || this.#sent >= count) break;
      if (connection?.client.isClosed) {
        this.#closedIdle++;
        connection.client.destroy();
        connection = null;
      }
      connection = await this.#request(this.#sent++, connection, keeps);
      const ms = pause();
      if (ms > 0) await sleep(ms);
    }
    connection?.client.destroy();
  }

  /** Resolves with the connection if it may be used again. */
  async #request(id: number, kept: Connection | null, keeps: boolean): Promise<Connection | null> {
    const { target, call, timeoutMs = PATIENCE_MS } = this.#options;
    const { method, bytes, status, body } = call(id, !keeps);
    const sentAt = performance.now();
    let client: RawClient | null = kept?.client ?? null;
    if (kept === null) this.#connections++;
    else this.#kept++;
    try {
      client ??= await RawClient.connect(target, timeoutMs);
      await client.send(bytes);
      const answer = await client.read(method, timeoutMs);
      const worker = valueOf(answer, "x-pid") ?? null;
      if (worker !== null) this.#workers.set(worker, (this.#workers.get(worker) ?? 0) + 1);
      const problem = problemOf(answer, id, status, body);
      if (problem !== null) throw problem;
      if (keeps && mayKeep(answer)) return { client, worker, idleSince: performance.now() };
    } catch (error) {
      this.#lost.push({
        id,
        line: bytes.slice(0, bytes.indexOf("\r\n")),
        ...lossOf(error, client, kept !== null),
        connection: kept === null ? "fresh" : `idle for ${(sentAt - kept.idleSince).toFixed(1)} ms`,
        sentAt,
        lostAt: performance.now(),
        worker: kept?.worker ?? null,
      });
    }
    client?.destroy();
    return null;
  }
}

/** For people: one line for each loss, the first few. */
export function describeLosses(lost: readonly Lost[], most = 10): string {
  const lines = lost
    .slice(0, most)
    .map(
      ({ line, loss, detail, connection, sentAt, lostAt, worker }) =>
        `${loss}: ${line} (${connection}${worker === null ? "" : `, worker ${worker}`}, after ${(lostAt - sentAt).toFixed(1)} ms): ${detail}`,
    );
  if (lost.length > most) lines.push(`and ${lost.length - most} more`);
  return lines.join("\n");
}

// --- internal ---

interface Connection {
  readonly client: RawClient;
  readonly worker: string | null;
  readonly idleSince: number;
}

/** An answer that came, and is not what it should be. */
class BadAnswer extends Error {
  readonly loss: Loss;
  constructor(loss: Loss, message: string) {
    super(message);
    this.loss = loss;
  }
}

function problemOf(answer: RawResponse, id: number, status: number, body: string): BadAnswer | null {
  if (answer.status !== status) return new BadAnswer("wrong", `status ${answer.status} ${answer.reason}`);
  if (answer.cut) return new BadAnswer("cut", `cut after ${answer.body.length} bytes`);
  const itsId = valueOf(answer, "x-id");
  if (itsId !== String(id)) return new BadAnswer("wrong", `the answer to ${itsId}`);
  const text = answer.body.toString("latin1");
  if (text !== body) return new BadAnswer("wrong", `${text.length} bytes of body that should be ${body.length}`);
  return null;
}

function mayKeep(answer: RawResponse): boolean {
  return (
    answer.httpMinor === 1 && answer.framing !== "close" && !/\bclose\b/i.test(valueOf(answer, "connection") ?? "")
  );
}

function lossOf(error: unknown, client: RawClient | null, kept: boolean): { loss: Loss; detail: string } {
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (error instanceof BadAnswer) return { loss: error.loss, detail: message };
  if (client === null) return { loss: CONNECT_LOSSES[code] ?? "reset", detail: message };
  if (client.pending.length > 0) return { loss: client.isClosed ? "cut" : "wrong", detail: message };
  if (!client.isClosed) return { loss: message.startsWith("waited") ? "timeout" : "wrong", detail: message };
  if (kept) return { loss: "raced", detail: message };
  return { loss: client.error ? "reset" : "closed", detail: message };
}

/** Why no connection came about, by the error's code. */
const CONNECT_LOSSES: Readonly<Record<string, Loss>> = {
  ECONNREFUSED: "refused",
  ENOENT: "refused",
  ETIMEDOUT: "timeout",
};
