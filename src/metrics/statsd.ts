/** What statsd is told once a second: Gunicorn's names, made of what the scoreboard has counted since the last time. */

import { createRequire } from "node:module";
import { Writable } from "node:stream";
import type { StatsD } from "hot-shots";

import { type Bucket, bucketsSince } from "../base/quantiles.ts";
import type { Log } from "../base/log.ts";
import { type LineTransport, udpDatagrams, unixDatagrams } from "../net/datagrams.ts";
import { countOf } from "./durations.ts";
import { connectionsByState, type Facts, saturation, sum } from "./facts.ts";

const { StatsD: Client } = createRequire(import.meta.url)("hot-shots") as typeof import("hot-shots");

export type StatsdAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface StatsdParts {
  readonly address: StatsdAddress;
  /** Before each name, with or without its dot; "" is none. */
  readonly prefix: string;
  /** Of DogStatsD, such as "env:production". */
  readonly tags: readonly string[];
  /** Send how many wait in the accept queues, too. */
  readonly backlog: boolean;
  /** What was known by then is not sent: somebody has heard of it. Null: nobody has. */
  readonly since: Facts | null;
  readonly log: Log;
}

export class StatsdSender {
  readonly #client: StatsD;
  readonly #transport: LineTransport;
  readonly #backlog: boolean;
  readonly #log: Log;
  #before: Facts | null;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor({ address, prefix, tags, backlog, since, log }: StatsdParts) {
    this.#before = since;
    this.#backlog = backlog;
    this.#log = log;
    const where = "path" in address ? address.path : `${address.host}:${address.port}`;
    const lost = (_: number, why: string): void => this.#fail(`${why} (${where})`);
    this.#transport =
      "path" in address ? unixDatagrams(address.path, lost) : udpDatagrams(address.host, address.port, lost);
    this.#client = new Client({
      // Its own UDP looks the name up for each datagram, and waits for each at the end.
      protocol: "stream",
      stream: into(this.#transport),
      prefix: prefix === "" ? "" : `${prefix.replace(/\.+$/, "")}.`,
      globalTags: [...tags],
      maxBufferSize: DATAGRAM,
      // Nothing of the environment, and nothing that plain statsd does not know.
      includeDataDogTags: false,
      datadog: false,
      includeDatadogTelemetry: false,
      errorHandler: (error) => this.#fail(error.message),
    });
  }

  send(facts: Facts): void {
    const client = this.#client;
    const { totals } = facts;
    const before = this.#before;
    this.#before = facts;
    const grown = (name: string, now: number, then: number | undefined): void => {
      if (now > (then ?? 0)) client.increment(name, now - (then ?? 0));
    };

    grown("gunicorn.requests", ended(facts), before === null ? 0 : ended(before));
    const statuses = new Map(before?.totals.statuses);
    for (const [status, count] of totals.statuses)
      grown(`gunicorn.request.status.${status}`, count, statuses.get(status));
    this.#sendDurations(bucketsSince(totals.latency, before?.totals.latency ?? []));
    for (const level of ["warning", "error", "critical"] as const)
      grown(`gunicorn.log.${level}`, totals.log[level], before?.totals.log[level]);
    client.gauge("gunicorn.workers", facts.workers.length);
    if (this.#backlog)
      client.histogram(
        "gunicorn.backlog",
        sum(facts.acceptQueues, ({ length }) => length),
      );

    this.#sendSaturation(facts);
    for (const [cause, count] of Object.entries(facts.exits))
      grown(`junicorn.exits.${cause}`, count, before?.exits[cause]);
    grown("junicorn.log.lost", totals.log.lost, before?.totals.log.lost);
  }

  /** Resolves when all that was sent has left, or cannot within 2 s. */
  async close(): Promise<void> {
    await new Promise<void>((done) => this.#client.close(() => done()));
    await this.#transport.close();
  }

  // --- internal ---

  #sendSaturation(facts: Facts): void {
    const { workers } = facts;
    const client = this.#client;
    const ratio = saturation(facts);
    if (ratio !== null) client.gauge("junicorn.saturation", rounded(ratio));
    client.gauge("junicorn.requests.in_flight", connectionsByState(workers).active);
    client.gauge(
      "junicorn.queue.length",
      sum(workers, ({ queued }) => queued),
    );
    client.gauge("junicorn.queue.age", Math.round(Math.max(0, ...workers.map(({ queuedMs }) => queuedMs))));
    // The one that ends first: names of files do not go into names of metrics.
    if (facts.certificates.length > 0)
      client.gauge("junicorn.certificate.days_left", Math.min(...facts.certificates.map(({ daysLeft }) => daysLeft)));
    client.gauge("junicorn.loop.delay", rounded(Math.max(0, ...workers.map(({ loopDelayMs }) => loopDelayMs))));
  }

  /** A duration for each request, from the middle of its bucket; of many, a sample, which says what share of all it is. */
  #sendDurations(buckets: readonly Bucket[]): void {
    const rate = Math.min(1, MOST_DURATIONS / Math.max(1, countOf(buckets)));
    for (const [from, to, count] of buckets) {
      const milliseconds = rounded((from + to) / 2);
      for (let i = 0; i < count; i++) this.#client.timing("gunicorn.request.duration", milliseconds, rate);
    }
  }

  /** Seldom: statsd may be away for days. */
  #fail(why: string): void {
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_MS) return;
    this.#complainedAt = now;
    this.#log.warning(`statsd (--statsd-host) cannot be reached, metrics are lost: ${why}`);
  }
}

// --- internal ---

/** Bytes that pass through every network in one piece. */
const DATAGRAM = 1432;
const COMPLAIN_MS = 10 * 60_000;
/** Single durations that are sent at a time. */
const MOST_DURATIONS = 500;

function into(transport: LineTransport): Writable {
  return new Writable({
    write: (lines: Buffer, _, done) => {
      transport.send(lines.toString().trimEnd());
      done();
    },
  });
}

/** Requests that are over, as Gunicorn counts them. */
function ended({ totals: { answers } }: Facts): number {
  return Object.values(answers).reduce((total, count) => total + count, 0);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
