/** A worker notes what ends it, in memory that outlives it: the master cannot see who called `process.exit()`. */

import { constants } from "node:os";
import { inspect } from "node:util";

import { Farewell, type Remains } from "../ipc/last-words.ts";
import { native } from "../native.ts";

/**
 * Watches from now on for what the application does to its process, and for what is done to it. Costs nothing until it happens. Returns what
 * ends this, for a process that is about to leave in order.
 */
export function noteLastWords(remains: Remains): () => void {
  /** What follows from it is no news. */
  let isExplained = false;
  const onExit = (code: number): void => remains.leave(Farewell.EXIT, code, callerOf(EXIT));
  const onUncaught = (error: unknown): void => {
    isExplained = true;
    remains.leave(Farewell.UNCAUGHT, 0, inOneLine(error));
  };
  native().recordCrashes(remains.crashArea);
  process.on("exit", onExit);
  process.on("uncaughtExceptionMonitor", onUncaught);
  for (const signal of ENDING) {
    process.on(signal, () => {
      if (!isExplained) remains.leave(Farewell.SIGNAL, constants.signals[signal], "");
      isExplained = true;
    });
  }
  const { abort, kill } = process;
  process.abort = () => {
    remains.leave(Farewell.ABORT, 0, callerOf(OURS));
    return abort.call(process);
  };
  process.kill = (pid, signal = "SIGTERM") => {
    const number = typeof signal === "number" ? signal : constants.signals[signal as NodeJS.Signals];
    // 0 only asks whether there is such a process.
    if (pid === process.pid && number > 0) {
      isExplained = true;
      remains.leave(Farewell.KILL, number, callerOf(OURS));
    }
    return kill.call(process, pid, signal);
  };
  return () => {
    process.off("exit", onExit);
    process.off("uncaughtExceptionMonitor", onUncaught);
  };
}

// --- internal ---

/** Those that the worker hears, and leaves by. */
const ENDING = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT"] as const;

const EXIT = /^\s*at (?:.*\.)?(?:exit|reallyExit) \(node:/;
const OURS = /last-words/;

/** The frames below the last one that `called` matches: those of whoever called it. "" if there is none: nobody did. */
function callerOf(called: RegExp): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = MOST_FRAMES;
  const frames = String(new Error().stack).split("\n");
  Error.stackTraceLimit = stackTraceLimit;
  const caller = frames.findLastIndex((frame) => called.test(frame)) + 1;
  if (caller === 0) return "";
  return frames
    .slice(caller)
    .map((frame) => frame.trim())
    .join("\n");
}

/** Below them are those of Node and of this package. */
const MOST_FRAMES = 30;

/** The error's first line, and where it was thrown. */
function inOneLine(error: unknown): string {
  try {
    const lines = (error instanceof Error ? String(error.stack) : `the thrown value ${inspect(error)}`).split("\n");
    const place = lines.find((line) => /^\s*at .*:\d+/.test(line) && !line.includes("node:"))?.trim();
    return place === undefined ? lines[0]! : `${lines[0]}, ${place}`;
  } catch {
    return "an error that cannot be shown";
  }
}
