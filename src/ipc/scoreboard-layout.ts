/** The one table of what lies where in the scoreboard: a small header, then one slot per worker. */

/** What a worker is doing, as the master and status readers see it. 0 is a slot nobody uses. */
export const WorkerState = { FREE: 0, BOOTING: 1, READY: 2, DRAINING: 3 } as const;

/**
 * Counters and gauges of a slot, each one double. A slot has one writer, and aligned doubles are written whole, so readers need no lock.
 * Times are CLOCK_MONOTONIC milliseconds. Add at the end; the index is the position in this list.
 */
export const SLOT_FIELDS = [
  "pid",
  /** Grows with every process the master starts: tells two lives of one slot apart. */
  "generation",
  /** A `WorkerState`. */
  "state",
  "spawnedAt",
  "readyAt",
  /** Last turn of the worker's heartbeat timer. */
  "heartbeat",
  /** Requests begun and answered since the process started. */
  "requests",
  "active",
  "connections",
  /** Body bytes of answers. */
  "bytes",
  "status1xx",
  "status2xx",
  "status3xx",
  "status4xx",
  "status5xx",
  /** Requests that ended before an answer was begun. */
  "unanswered",
  /** Requests that found no free row, and so cannot be listed. */
  "rowOverflow",
  /** Rows below this index have been used: readers look no further, so that untouched pages stay untouched. */
  "rowsTouched",
  /** Connections accepted since the process started. */
  "accepted",
  /** Requests that wait for a thread, and since when the first of them does (0: none). */
  "queued",
  "queuedSince",
  /** Threads that can serve, and those that do. */
  "threads",
  "busyThreads",
  /** How late the timer of the heartbeat ran, in ms: the worst of late, fading; and the share of the time between two beats that the event loop worked. */
  "loopDelay",
  "loopBusy",
  /** Of JavaScript's heap at the last beat: bytes in use, and how many it may have. */
  "heapUsed",
  "heapLimit",
  /** Milliseconds that all requests in the histogram took together. */
  "durations",
  /** Written by the master. 1: somebody else (systemd, another master) has the listening sockets as well. */
  "listenersShared",
  /** What was cut when the worker left: idle connections, requests without an answer, answers under way, and WebSockets. */
  "cutIdle",
  "cutRequests",
  "cutStreams",
  "cutWebSockets",
  /** Of `active`: connections that were upgraded. */
  "upgraded",
  /** Messages of the error log by level, whether the level is written or not, and lines that no log could take. */
  "logWarning",
  "logError",
  "logCritical",
  "logLost",
] as const;

export type SlotField = (typeof SLOT_FIELDS)[number];

/** Index of every field in the slot's Float64Array. */
export const FIELD = Object.fromEntries(SLOT_FIELDS.map((name, index) => [name, index])) as Record<SlotField, number>;

/** Latency histogram: microseconds, four buckets per power of two (a bucket is at most 25 % wide), up to 2^28 µs = 268 s. */
export const Histogram = { PER_POWER: 4, BUCKETS: 27 * 4 } as const;

/** Answers by status: one double for each from FIRST on. */
export const Statuses = { FIRST: 100, COUNT: 500 } as const;

/** One request in flight. `since` is written last and cleared first: a row with `since` 0 is free. */
export const Row = {
  /** Double: when the request began. */
  SINCE: 0,
  /** Double: number of the request in its worker, from 1. */
  ID: 8,
  METHOD_LENGTH: 16,
  TARGET_LENGTH: 17,
  PEER_LENGTH: 18,
  /** 1 if the target was cut to TARGET_BYTES. */
  TARGET_CUT: 19,
  METHOD: 20,
  METHOD_BYTES: 12,
  TARGET: 32,
  TARGET_BYTES: 112,
  PEER: 144,
  PEER_BYTES: 48,
  SIZE: 192,
} as const;

/** Where the native watchdog writes a stack: Int32 sequence number, Int32 length, UTF-8 text. */
export const Stack = { SEQUENCE: 0, LENGTH: 4, TEXT: 8, SIZE: 16 * 1024 } as const;

/** What a worker writes of its own end (last-words.ts): Int32 kind, number and length, UTF-8 text. */
export const LastWords = { KIND: 0, NUMBER: 4, LENGTH: 8, TEXT: 12, SIZE: 8192 - 512 } as const;

/** What native code writes as the process breaks: four Int32, the address as 64 bits, Int32 length, UTF-8 text. native/src/crash-record.cc knows it too. */
export const Crash = { KIND: 0, SIGNAL: 4, CODE: 8, SENDER: 12, ADDRESS: 16, LENGTH: 24, TEXT: 28, SIZE: 512 } as const;

const HISTOGRAM_AT = align(SLOT_FIELDS.length * 8, 64);
const STATUSES_AT = HISTOGRAM_AT + align(Histogram.BUCKETS * 8, 64);
const STACK_AT = STATUSES_AT + align(Statuses.COUNT * 8, 64);
const WORDS_AT = STACK_AT + Stack.SIZE;
const CRASH_AT = WORDS_AT + LastWords.SIZE;

/** Offsets in a slot, in bytes. All parts begin on a cache line. */
export const Slot = {
  FIELDS: 0,
  HISTOGRAM: HISTOGRAM_AT,
  STATUSES: STATUSES_AT,
  STACK: STACK_AT,
  LAST_WORDS: WORDS_AT,
  CRASH: CRASH_AT,
  ROWS: CRASH_AT + Crash.SIZE,
} as const;

/** How large a scoreboard is; master and workers must agree. */
export interface ScoreboardShape {
  readonly slots: number;
  /** Requests in flight that a slot can name. */
  readonly rows: number;
}

/** Slots begin on pages, so that a worker that never runs costs no memory. */
export function slotSize(shape: ScoreboardShape): number {
  return align(Slot.ROWS + shape.rows * Row.SIZE, 4096);
}

export function scoreboardSize(shape: ScoreboardShape): number {
  return shape.slots * slotSize(shape);
}

/** Bucket of the histogram that counts a duration. */
export function bucketOf(milliseconds: number): number {
  const us = Math.min(milliseconds * 1000, 0xfffffff) | 0;
  if (us < Histogram.PER_POWER) return us < 0 ? 0 : us;
  const power = 31 - Math.clz32(us);
  return (power - 1) * Histogram.PER_POWER + ((us >> (power - 2)) & 3);
}

/** The durations a bucket counts begin at this many microseconds. */
export function bucketStart(bucket: number): number {
  if (bucket < Histogram.PER_POWER) return bucket;
  const power = Math.floor(bucket / Histogram.PER_POWER) + 1;
  return 2 ** power + (bucket % Histogram.PER_POWER) * 2 ** (power - 2);
}

// --- internal ---

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
