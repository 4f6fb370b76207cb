/** docs/troubleshooting.md has an entry for every warning and error that the log can have, and one that comes to be without fails here. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../../src/base/errors.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const page = flat(readFileSync(join(ROOT, "docs", "troubleshooting.md"), "utf8"));

/** Calls of the log whose text is made elsewhere, and where. */
const MADE_ELSEWHERE: Readonly<Record<string, string>> = {
  "src/adapters/wsgi/errors-writer.ts": "what the application writes to wsgi.errors",
  "src/app/load.ts": "warnings of listen-capture.ts, which are below",
  "src/base/log-writer.ts": "the log itself",
  "src/cli/serve.ts": "rows of the table of errors",
  "src/http/access-log/filter.ts": "the access log",
  "src/http/service.ts": "failure.ts: Error handling …, and rows of the table of errors",
  "src/master/master.ts": "rows of the table of errors, and why the first workers could not boot",
  "src/master/pidfile-extension.ts": "ERR_PIDFILE",
  "src/master/prepare-release.ts": "Only a restart or an upgrade …, and workers: this master has room for …",
  "src/master/syslog.ts": "line-file.ts and syslog.ts: log lines were lost",
  "src/master/timeouts.ts": "WORKER TIMEOUT and BOOT TIMEOUT",
  "src/master/worker-pool.ts": "verdicts, and boot failures",
  "src/workers/logs.ts": "line-file.ts: log lines were lost",
  "src/workers/gthread/thread-pool.ts": "what a thread has to log: rows of the table of errors",
};

/** Texts that are not the first argument of a call. */
const OTHERS = [
  "WORKER TIMEOUT",
  "BOOT TIMEOUT",
  "log lines were lost",
  "Only a restart or an upgrade (USR2) changes",
  "workers: this master has room for",
  "Error handling",
  "is not served by Junicorn",
  "Worker failed to boot.",
  "App failed to load.",
];

/** Rows of the table of errors that nobody finds in the error log of a server. */
const NOT_LOGGED: Readonly<Record<string, string>> = {
  ERR_ACCOUNT: "ends a start, and its text says what to do",
  ERR_RESULTS: "of junicorn tune, which has no log",
  ERR_HANDOVER: "ends a start, and its text says what to do",
};

interface Call {
  readonly file: string;
  readonly text: string | null;
}

const calls = sourceFiles().flatMap(callsOf);

describe("docs/troubleshooting.md", () => {
  it.each(calls.filter(({ text }) => text !== null))("has $text", ({ text }) => {
    expectEntry(longestPiece(text!));
  });

  it.each(OTHERS)("has %s", (text) => {
    expectEntry(text);
  });

  it.each(Object.entries(ERRORS).filter(([code, row]) => isTold(row.level) && !(code in NOT_LOGGED)))(
    "has the message of %s",
    (_code, { message }) => {
      const piece = longestPiece(message.replace(/\{\w+\}/g, "\0"));
      // Only where the message is not made for each case.
      expectEntry(piece);
    },
  );

  it("knows where all other texts are made", () => {
    const files = new Set(calls.filter(({ text }) => text === null).map(({ file }) => file));
    expect([...files].filter((file) => !(file in MADE_ELSEWHERE))).toEqual([]);
  });
});

// --- internal ---

function expectEntry(text: string): void {
  expect(page.includes(text), `no entry with "${text}"`).toBe(true);
}

function isTold(level: string): boolean {
  return level === "warning" || level === "error" || level === "critical";
}

function sourceFiles(): string[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return files.filter((name) => name.endsWith(".ts")).map((name) => `src/${name}`);
}

/** Calls of a log's methods for what somebody should see, with the literal that is their first argument, if it is one. */
function callsOf(file: string): Call[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  const pattern =
    /\b(?:log|Log)\??\.(warning|error|critical|log\((?!"(?:info|debug)"|signal)[^,`"]*,)[\s(]*(?:([`"])([^]*?[^\\])\2)?/g;
  return [...source.matchAll(pattern)].flatMap((match) => {
    // A comment, a type, or a property that is passed on.
    if (!/[(,]/.test(match[0])) return [];
    return [{ file, text: match[3] === undefined ? null : match[3].replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, "\0") }];
  });
}

/** Characters by which a line is found. */
const ENOUGH = 40;

/** The longest part between what is filled in, as the page has it. */
function longestPiece(text: string): string {
  const pieces = text.split("\0").map((piece) => flat(piece).replace(/^[\s:;,.()]+|[\s:;,.(]+$/g, ""));
  return pieces.toSorted((a, b) => b.length - a.length)[0]!.slice(0, ENOUGH);
}

/** Without what Markdown and source code do to a text. */
function flat(text: string): string {
  return text.replaceAll("\\`", "`").replaceAll(/\s+|\\n/g, " ");
}
