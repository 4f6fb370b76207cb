/** The table of what Prometheus is told, but for the histogram of durations. docs/metrics.md lists the same. */

import type { WorkerSnapshot } from "../ipc/snapshot.ts";
import { busyWorkers, connectionsByState, type Facts, saturation, sum } from "./facts.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (facts: Facts) => readonly Sample[];
}

export const FAMILIES: readonly Family[] = [
  {
    ...gauge("info", "What runs here", "version", "app", "worker_class"),
    samples: ({ version, app, workerClass }) => [{ labels: { version, app, worker_class: workerClass }, value: 1 }],
  },
  gauge1("start_time_seconds", "When the master started, in seconds since 1970", ({ startedAt }) => startedAt),
  gauge1("saturation_ratio", "Share of the capacity that is in use: threads, workers or event loops", saturation),

  gauge1("workers_target", "Workers that there should be", ({ target }) => target),
  {
    ...gauge("workers", "Workers by state", "state"),
    samples: ({ workers }) =>
      by("state", {
        booting: workers.filter(({ state }) => state === "booting").length,
        ready: workers.filter(({ state }) => state === "ready").length,
        draining: workers.filter(({ state }) => state === "draining").length,
      }),
  },
  gauge1("workers_busy", "Workers that serve a request", ({ workers }) => busyWorkers(workers)),
  counter1("workers_started_total", "Worker processes started", ({ started }) => started),
  {
    ...counter("workers_exited_total", "Worker processes that are gone, by what ended them", "cause"),
    samples: ({ exits }) => by("cause", exits),
  },
  {
    ...counter("workers_recycled_total", "Workers replaced because of a setting, by that setting", "setting"),
    samples: ({ recycled }) => by("setting", recycled),
  },
  {
    ...counter("reloads_total", "Reloads by outcome", "outcome"),
    samples: ({ reloads }) => by("outcome", { done: reloads.done, failed: reloads.failed }),
  },

  gauge1(
    "threads",
    "Threads that can serve (gthread)",
    total(({ threads }) => threads),
  ),
  gauge1(
    "threads_busy",
    "Threads that serve a request (gthread)",
    total(({ busyThreads }) => busyThreads),
  ),
  gauge1(
    "queue_length",
    "Requests that wait for a thread (gthread)",
    total(({ queued }) => queued),
  ),
  gauge1("queue_oldest_seconds", "How long the first of them has waited", ({ workers }) =>
    Math.max(0, ...workers.map(({ queuedMs }) => queuedMs / 1000)),
  ),
  {
    ...gauge("accept_queue_length", "Connections that no worker has accepted yet, by listener", "listener"),
    samples: ({ acceptQueues }) =>
      acceptQueues.map(({ listener, length }) => ({ labels: { listener }, value: length })),
  },
  {
    ...gauge("accept_queue_limit", "How many may wait so, by listener", "listener"),
    samples: ({ acceptQueues }) => acceptQueues.map(({ listener, limit }) => ({ labels: { listener }, value: limit })),
  },

  counter1("requests_total", "Requests begun", ({ totals }) => totals.requests),
  {
    ...counter("responses_total", "Answers by status", "status"),
    samples: ({ totals }) => totals.statuses.map(([status, value]) => ({ labels: { status: String(status) }, value })),
  },
  counter1("requests_unanswered_total", "Requests that ended without an answer", ({ totals }) => totals.answers.none),
  gauge1("requests_in_flight", "Requests begun and not over", ({ workers }) => connectionsByState(workers).active),
  gauge1("request_oldest_seconds", "How long the oldest request in flight has been served", ({ workers }) =>
    Math.max(0, ...workers.map(({ oldest }) => (oldest?.ageMs ?? 0) / 1000)),
  ),
  counter1("response_body_bytes_total", "Body bytes of answers", ({ totals }) => totals.bytes),
  counter1("connections_accepted_total", "Connections accepted", ({ totals }) => totals.accepted),
  {
    ...gauge("connections", "Open connections by what is on them", "state"),
    samples: ({ workers }) => by("state", connectionsByState(workers)),
  },
  {
    ...counter("cut_total", "What workers that left have cut, by kind", "kind"),
    samples: ({ totals: { cut } }) =>
      by("kind", { idle: cut.idle, request: cut.requests, stream: cut.streams, websocket: cut.webSockets }),
  },

  perWorker("event_loop_delay_seconds", "How late the event loop was of late", ({ loopDelayMs }) => loopDelayMs / 1000),
  perWorker("event_loop_busy_ratio", "Share of the time in which the event loop works", ({ loopBusy }) => loopBusy),
  perWorker("heartbeat_age_seconds", "Since the event loop last turned", ({ beatMs }) =>
    beatMs === null ? null : beatMs / 1000,
  ),
  perWorker("requests_in_flight", "Requests begun and not over", ({ active, upgraded }) => active - upgraded),
  perWorker("resident_memory_bytes", "Resident memory", ({ rssBytes }) => rssBytes),
  perWorker("heap_used_bytes", "JavaScript's heap in use", ({ heapUsedBytes }) => heapUsedBytes),
  perWorker("heap_limit_bytes", "How much heap JavaScript may have", ({ heapLimitBytes }) => heapLimitBytes),
  gauge1("master_resident_memory_bytes", "Resident memory of the master", ({ rssBytes }) => rssBytes),

  {
    ...gauge("certificate_days_left", "Days until the server's own certificate ends, by file", "file"),
    samples: ({ certificates }) => certificates.map(({ file, daysLeft }) => ({ labels: { file }, value: daysLeft })),
  },
  {
    ...gauge("certificate_end_time_seconds", "When that is, in seconds since 1970, by file", "file"),
    samples: ({ certificates }) => certificates.map(({ file, endsAt }) => ({ labels: { file }, value: endsAt })),
  },

  {
    ...counter("log_messages_total", "Messages for the error log, by level", "level"),
    samples: ({ totals: { log } }) => by("level", { warning: log.warning, error: log.error, critical: log.critical }),
  },
  counter1("log_lines_lost_total", "Lines that no log could take", ({ totals }) => totals.log.lost),
];

// --- internal ---

type Head = Omit<Family, "samples">;

function gauge(name: string, help: string, ...labels: string[]): Head {
  return { name: `junicorn_${name}`, type: "gauge", help, labels };
}

function counter(name: string, help: string, ...labels: string[]): Head {
  return { name: `junicorn_${name}`, type: "counter", help, labels };
}

/** Without labels; null is nothing to say. */
function gauge1(name: string, help: string, value: (facts: Facts) => number | null): Family {
  return { ...gauge(name, help), samples: (facts) => one({}, value(facts)) };
}

function counter1(name: string, help: string, value: (facts: Facts) => number): Family {
  return { ...counter(name, help), samples: (facts) => one({}, value(facts)) };
}

/** By slot, a small number that a worker's successor takes over: by pid, series would grow in number for ever. */
function perWorker(name: string, help: string, value: (worker: WorkerSnapshot) => number | null): Family {
  const samples = ({ workers }: Facts): Sample[] =>
    workers.flatMap((worker) => one({ worker: String(worker.slot) }, value(worker)));
  return { ...gauge(`worker_${name}`, `${help}, by worker`, "worker"), samples };
}

function total(of: (worker: WorkerSnapshot) => number): (facts: Facts) => number {
  return ({ workers }) => sum(workers, of);
}

function by(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function one(labels: Sample["labels"], value: number | null): Sample[] {
  return value === null ? [] : [{ labels, value }];
}
