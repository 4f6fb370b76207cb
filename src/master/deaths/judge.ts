/** The verdict on a worker's end: its cause, and one sentence with the evidence. Pure: what is known goes in, words come out. */

import { constants } from "node:os";

import type { LogLevel } from "../../base/errors.ts";
import { Break, Farewell } from "../../ipc/last-words.ts";
import type { Evidence, Measured } from "./evidence.ts";
import { NODE_STATUSES, SIGNAL_MEANINGS } from "./signal-names.ts";

/** What ended a worker, for counting. */
export const DEATH_CAUSES = [
  /** It was told to leave, and did. */
  "asked",
  /** It hung, or a request took too long; it did not finish loading; it did not leave in time; the server's stop was over. */
  "timeout",
  "boot-timeout",
  "grace",
  "stop",
  /** The application could not be loaded, or threw an error that nobody caught. */
  "boot-failed",
  "uncaught",
  /** The application ended the process: `process.exit()`, `process.abort()`, or a signal to itself. */
  "exit",
  "abort",
  "self-signal",
  /** V8 had no memory left in its heap, or the machine or the container had none. */
  "heap-out-of-memory",
  "kernel-out-of-memory",
  /** Native code failed. */
  "crash",
  /** Somebody else sent it a signal. */
  "signal",
  /** The process could not be made. */
  "not-started",
  "unknown",
] as const;

export type DeathCause = (typeof DEATH_CAUSES)[number];

export interface Judgement {
  readonly cause: DeathCause;
  readonly level: LogLevel;
  /** One line. */
  readonly text: string;
  /** JavaScript that brought it about, innermost call first; "" where that is not known. */
  readonly stack: string;
}

export function judge(evidence: Evidence): Judgement {
  const { cause, level, because, stack = "" } = findCause(evidence);
  const { pid, end } = evidence;
  if (cause === "not-started") return { cause, level, text: because, stack };
  // Gunicorn's words come first, so that people and their alerts find them.
  const how =
    end.signal === null
      ? `Worker (pid:${pid}) exited with code ${end.code}`
      : evidence.condemned === null
        ? `Worker (pid:${pid}) was sent ${end.signal}!`
        : `Worker (pid:${pid}) is gone (${end.signal})`;
  const text =
    because === "" ? `${how}${how.endsWith("!") ? "" : "."}` : `${how}${how.endsWith("!") ? " " : ": "}${because}`;
  return { cause, level, text, stack };
}

// --- internal ---

interface Finding {
  readonly cause: DeathCause;
  readonly level: LogLevel;
  /** Completes the line; "" if there is nothing to add. */
  readonly because: string;
  readonly stack?: string;
}

/** The strongest evidence first: what broke, then what we did, what it did, and what its end alone says. */
function findCause(evidence: Evidence): Finding {
  const { end, condemned, bootProblem } = evidence;
  if (end.spawnError !== undefined) {
    return { cause: "not-started", level: "error", because: `A worker could not be started: ${end.spawnError}` };
  }
  const broken = ofCrash(evidence);
  if (broken !== null) return broken;
  if (condemned !== null) {
    return { cause: condemned.cause, level: "warning", because: `Junicorn ended it because ${condemned.reason}.` };
  }
  if (bootProblem !== null && end.signal === null) {
    return { cause: "boot-failed", level: "error", because: `it could not boot: ${bootProblem.split("\n", 1)[0]}` };
  }
  return ofWords(evidence) ?? (end.signal === null ? ofStatus(evidence) : ofSignal(evidence, end.signal));
}

function ofCrash({ pid, end, crash, heap, sender }: Evidence): Finding | null {
  if (crash === null || end.signal === null) return null;
  const level = "error";
  switch (crash.kind) {
    case Break.HEAP: {
      const use = heap === null ? "" : `; ${describeHeap(heap)} (--max-old-space-size)`;
      return { cause: "heap-out-of-memory", level, because: `JavaScript heap out of memory: ${crash.text}${use}.` };
    }
    case Break.MEMORY:
      return { cause: "heap-out-of-memory", level, because: `V8 got no more memory from the system: ${crash.text}.` };
    case Break.V8:
      return { cause: "crash", level, because: `V8 was used wrongly, by native code: ${crash.text}.` };
    case Break.FAULT: {
      // Recovered from, if it ended otherwise.
      if (constants.signals[end.signal] !== crash.signal) return null;
      if (crash.code <= 0) {
        const name = sender === null ? "" : ` (${sender})`;
        // What a process sends itself it has noted in words.
        return crash.sender === pid
          ? null
          : { cause: "signal", level, because: `Process ${crash.sender}${name} sent it.` };
      }
      const where = crash.text === "" ? "" : ` in ${crash.text}`;
      const what = SIGNAL_MEANINGS[end.signal] ?? "native code failed";
      return { cause: "crash", level, because: `${sentence(what)}: address 0x${crash.address.toString(16)}${where}.` };
    }
    default:
      return null;
  }
}

/** What the worker said itself, if its end fits. */
function ofWords({ end, words, leaving }: Evidence): Finding | null {
  if (words === null) return null;
  const { kind, number, text } = words;
  switch (kind) {
    case Farewell.EXIT: {
      if (end.signal !== null) return null;
      const level = !leaving ? "error" : end.code === 0 ? "info" : "warning";
      // Without a stack it was not called: the event loop had nothing left to do.
      if (text === "")
        return { cause: "exit", level, because: "the application has closed what kept the process running." };
      return { cause: "exit", level, because: `the application called process.exit(${number}).`, stack: text };
    }
    case Farewell.ABORT:
      if (end.signal === null) return null;
      return { cause: "abort", level: "error", because: "The application called process.abort().", stack: text };
    case Farewell.KILL: {
      const name = signalName(number);
      if (end.signal !== null && end.signal !== name) return null;
      const because = `${end.signal === null ? "the" : "The"} application called process.kill(process.pid, "${name}").`;
      return { cause: "self-signal", level: end.signal === null ? "warning" : "error", because, stack: text };
    }
    case Farewell.UNCAUGHT:
      if (end.signal !== null || end.code === 0) return null;
      return { cause: "uncaught", level: "error", because: `nobody caught ${text}.` };
    case Farewell.SIGNAL:
      if (end.signal !== null || leaving) return null;
      return { cause: "signal", level: "warning", because: `somebody sent it ${signalName(number)}, not Junicorn.` };
    default:
      return null;
  }
}

function ofStatus({ end, leaving, leavesBecause }: Evidence): Finding {
  if (end.code === 0) {
    return leaving
      ? { cause: "asked", level: "debug", because: leavesBecause && `it left because ${leavesBecause}.` }
      : { cause: "unknown", level: "warning", because: "nobody had told it to." };
  }
  const meaning = NODE_STATUSES[end.code ?? 0];
  const because = meaning === undefined ? "" : `to Node this means ${meaning}.`;
  return { cause: "unknown", level: "error", because };
}

function ofSignal(evidence: Evidence, signal: NodeJS.Signals): Finding {
  const { leaving, heap } = evidence;
  if (signal === "SIGKILL") return ofKill(evidence);
  // One that is told to stop, or hears the terminal's Ctrl-C as the master does, before its handlers are there, ends by the signal itself.
  if (leaving && STOP_SIGNALS.has(signal)) return { cause: "asked", level: "debug", because: "" };
  if (STOP_SIGNALS.has(signal)) return { cause: "signal", level: "info", because: "Somebody else sent it." };
  if (GAVE_UP.has(signal) && heap !== null && heap.bytes > heap.limit * NEARLY_FULL) {
    const because = `Probably JavaScript heap out of memory: ${describeHeap(heap)} (--max-old-space-size).`;
    return { cause: "heap-out-of-memory", level: "error", because };
  }
  const meaning = SIGNAL_MEANINGS[signal];
  const cause = GAVE_UP.has(signal) || CRASHES.has(signal) ? "crash" : "signal";
  return { cause, level: "error", because: meaning === undefined ? "Somebody else sent it." : `${sentence(meaning)}.` };
}

function ofKill({ oom, resident }: Evidence): Finding {
  const level = "error";
  const memory = describeMemory(resident, oom?.limitBytes ?? null);
  const told = oom?.evidence ?? "nothing is known of the kernel's memory";
  switch (oom?.struck) {
    case true:
      return {
        cause: "kernel-out-of-memory",
        level,
        because: `Out of memory: the kernel ended it (${told}).${memory}`,
      };
    case false: {
      const because = `Not out of memory (${told}), and not by Junicorn: somebody else did it.${memory}`;
      return { cause: "signal", level, because };
    }
    default: {
      const because = `Perhaps out of memory? Junicorn has not sent it, and ${told}.${memory}`;
      return { cause: "unknown", level, because };
    }
  }
}

function describeHeap(heap: Measured & { readonly limit: number }): string {
  return `${mib(heap.bytes)} of at most ${mib(heap.limit)} were in use ${ago(heap)}`;
}

function describeMemory(resident: Measured | null, limitBytes: number | null): string {
  const parts = [
    ...(resident === null ? [] : [`it had ${mib(resident.bytes)} resident ${ago(resident)}`]),
    ...(limitBytes === null ? [] : [`all processes of its group may have ${mib(limitBytes)}`]),
  ];
  return parts.length === 0 ? "" : ` ${sentence(parts.join("; "))}.`;
}

const STOP_SIGNALS: ReadonlySet<string> = new Set(["SIGINT", "SIGQUIT", "SIGTERM"]);

/** How V8 ends a process, on one processor or another. */
const GAVE_UP: ReadonlySet<string> = new Set(["SIGABRT", "SIGTRAP", "SIGILL"]);

const CRASHES: ReadonlySet<string> = new Set(["SIGSEGV", "SIGBUS", "SIGFPE", "SIGSYS"]);

/** Of the limit, at the last beat: an application can fill the rest within the second. */
const NEARLY_FULL = 0.85;

function signalName(number: number): string {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry?.[0] ?? `signal ${number}`;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function ago({ agoMs }: Measured): string {
  return `${(Math.max(0, agoMs) / 1000).toFixed(1)} s before`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
