/** Why a worker hangs: the JavaScript it is in, or what keeps it, and the requests it has begun. */

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import type { RequestInFlight } from "../ipc/request-rows.ts";
import { describeRequests } from "./describe.ts";
import type { WorkerHandle } from "./worker-handle.ts";

/** What was found wrong: the event loop does not turn, or (in classes that serve one request at a time) a request takes too long. */
export type Hang =
  | { readonly kind: "silent"; readonly forMs: number }
  | { readonly kind: "slow-request"; readonly request: RequestInFlight };

export interface HangReportOptions {
  /** How long the watchdog may take to answer. */
  readonly patienceMs: number;
}

/** The whole record, for one call of the log. `now` is when the hang was found. */
export async function reportHang(
  worker: WorkerHandle,
  hang: Hang,
  now: number,
  options: HangReportOptions = { patienceMs: 1000 },
): Promise<string> {
  const requests = worker.slot.rows.list();
  const title = `WORKER TIMEOUT (pid:${worker.pid})`;
  const inFlight =
    requests.length === 0
      ? "\n  No request was in flight."
      : `\n  Requests in flight:${describeRequests(requests, now)}`;
  if (hang.kind === "slow-request") {
    const seconds = ((now - hang.request.since) / 1000).toFixed(1);
    return (
      `${title}: a request has not been answered for ${seconds} s, while the event loop is free: the application waits for something, ` +
      `or has forgotten to answer${inFlight}`
    );
  }
  const stack = worker.noStacks === "" ? await stackOf(worker, options.patienceMs) : null;
  const where =
    stack === null
      ? `\n  No JavaScript stack: ${worker.noStacks || nativeState(worker.pid)}`
      : `\n  JavaScript stack:\n${indent(withoutOurs(stack))}`;
  return `${title}: its event loop has not turned for ${(hang.forMs / 1000).toFixed(1)} s${inFlight}${where}`;
}

// --- internal ---

/** The stack that the worker's watchdog writes when asked, or null: JavaScript does not run there. */
async function stackOf(worker: WorkerHandle, patienceMs: number): Promise<string | null> {
  const before = worker.slot.stack.sequence;
  worker.bell.ring();
  for (let waited = 0; waited < patienceMs && worker.end === null; waited += POLL_MS) {
    await sleep(POLL_MS);
    const { sequence, text } = worker.slot.stack;
    if (sequence !== before) return text.trimEnd();
  }
  return null;
}

const POLL_MS = 10;

/** What the kernel says of a thread that does not come back to JavaScript. */
function nativeState(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
  const wchan = read(`/proc/${pid}/wchan`);
  const where = /^[a-z_]\w*$/i.test(wchan) ? ` in ${wchan}` : "";
  switch (state) {
    case "":
      return "the process is gone";
    case "T":
    case "t":
      return "the process is stopped (SIGSTOP, or a debugger)";
    case "Z":
      return "the process has ended";
    case "R":
      return "the thread is busy in native code";
    case "D":
      return `the thread is blocked in the kernel${where}, uninterruptibly: a disk or network file system that does not answer?`;
    default:
      return `the thread is blocked in native code${where}: a synchronous call that waits?`;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function indent(text: string): string {
  return text.replaceAll(/^ */gm, "    at ");
}

/** Where this package's code is, as stacks name it. */
const OURS = new URL("..", import.meta.url).href;

/** The frames down to the application's outermost: how a request came to it is no news. All of them if none is the application's. */
function withoutOurs(stack: string): string {
  const frames = stack.split("\n");
  const outermost = frames.findLastIndex((frame) => !frame.includes(OURS));
  return frames.slice(0, outermost < 0 ? frames.length : outermost + 1).join("\n");
}
