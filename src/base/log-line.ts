/** A line of the error log, in either form. */

import { hostname } from "node:os";

import { isoTime, SecondText } from "./clock.ts";
import type { LogLevel } from "./errors.ts";

export type LogForm = "text" | "json";

export type LineMaker = (level: LogLevel, message: string) => string;

export function lineMaker(form: LogForm): LineMaker {
  return form === "json" ? jsonLines() : textLines();
}

/** What every JSON line begins with, as pino has it; `more` is to follow, and a brace. */
export function jsonHead(level: LogLevel): (now: number) => string {
  const constant = `,"pid":${process.pid},"hostname":${JSON.stringify(hostname())}`;
  const start = `{"level":${PINO_LEVELS[level]},"time":`;
  return (now) => start + now + constant;
}

/**
 * Control characters become `\xHH`. Line breaks stay, for stacks are to be read, but every further line is indented, so that no message can
 * look like a line of its own.
 */
export function safeMessage(message: string): string {
  if (!SPECIAL.test(message)) return message;
  return message
    .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(/\n+$/, "")
    .replaceAll(/\n(?=[^ \t\n])/g, "\n  ")
    .replaceAll(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

// --- internal ---

/** pino's numbers. */
const PINO_LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warning: 40, error: 50, critical: 60 };

/** C0 but tab and line feed, DEL, and C1, some of which are commands to a terminal. */
const CONTROL = /(?![\t\n])\p{Cc}/gu;
const SPECIAL = /(?!\t)[\p{Cc}\u2028\u2029]/u;

/** `[2026-11-20 10:42:00 +0000] [pid] [LEVEL] message`. */
function textLines(): LineMaker {
  const time = new SecondText(isoTime);
  return (level, message) =>
    `[${time.at(Date.now())}] [${process.pid}] [${level.toUpperCase()}] ${safeMessage(message)}`;
}

function jsonLines(): LineMaker {
  const heads = new Map<LogLevel, (now: number) => string>();
  return (level, message) => {
    const head = heads.get(level) ?? jsonHead(level);
    heads.set(level, head);
    return `${head(Date.now())},"msg":${JSON.stringify(message)}}`;
  };
}
