/** Why a worker hangs: the JavaScript it is in, or what it waits for, the requests it has begun, and what is done about it. */

import { setTimeout as sleep } from "node:timers/promises";

import type { RequestInFlight } from "../ipc/request-rows.ts";
import { describeRequests } from "./describe.ts";
import { describeThread } from "./native-state.ts";
import { indentStack, withoutOurs } from "./stack-text.ts";
import type { WorkerHandle } from "./worker-handle.ts";

/**
 * What was found wrong: the event loop does not turn; in classes that serve one request at a time, a request takes too long; or the application
 * does not finish loading.
 */
export type Hang =
  | { readonly kind: "silent"; readonly forMs: number }
  | { readonly kind: "slow-request"; readonly request: RequestInFlight; readonly forMs: number }
  | { readonly kind: "boot"; readonly forMs: number };

export interface HangReportOptions {
  /** How long the worker, and then its watchdog, may take to answer. */
  readonly patienceMs: number;
}

export interface HangReport {
  /** The whole, for one call of the log. */
  readonly record: string;
  /** Where it is or what it waits for, in one line. */
  readonly brief: string;
}

/** `now` is when the hang was found. */
export async function reportHang(
  worker: WorkerHandle,
  hang: Hang,
  now: number,
  options: HangReportOptions = { patienceMs: 1000 },
): Promise<HangReport> {
  const title = `${hang.kind === "boot" ? "BOOT TIMEOUT" : "WORKER TIMEOUT"} (pid:${worker.pid})`;
  // Read first: they may change while the worker is asked.
  const requests = hang.kind === "boot" ? "" : requestsOf(worker, now);
  const waiting = hang.kind === "silent" ? null : await whatItWaitsFor(worker, options.patienceMs);
  const where = waiting ?? (await whereItIs(worker, options.patienceMs));
  const what = `${title}: ${describeHang(hang, waiting !== null)}${requests}`;
  return { record: `${what}\n${indentLines(where)}\n  ${CONSEQUENCE}`, brief: where.replaceAll(/\s*\n\s*/g, " ") };
}

/** For the verdict: completes "ended it because …". */
export function reasonOf(hang: Hang): string {
  const seconds = inSeconds(hang.forMs);
  switch (hang.kind) {
    case "silent":
      return `its event loop had not turned for ${seconds} (--timeout)`;
    case "slow-request":
      return `${hang.request.method} ${hang.request.target} had not been answered for ${seconds} (--timeout)`;
    case "boot":
      return `the application had not finished loading after ${seconds} (--boot-timeout)`;
  }
}

// --- internal ---

const CONSEQUENCE = "It is aborted now, and killed if that does not help within 1 s.";

function describeHang(hang: Hang, loopIsFree: boolean): string {
  const seconds = inSeconds(hang.forMs);
  switch (hang.kind) {
    case "silent":
      return `its event loop has not turned for ${seconds}`;
    case "slow-request": {
      const request = `a request has not been answered for ${seconds}`;
      return loopIsFree
        ? `${request}, while the event loop is free: the application waits for something, or has forgotten to answer`
        : request;
    }
    case "boot":
      return `the application has not finished loading after ${seconds} (--boot-timeout)`;
  }
}

function requestsOf(worker: WorkerHandle, now: number): string {
  const requests = worker.slot.rows.list().map((request) => ({ ...request, ageMs: Math.max(0, now - request.since) }));
  return requests.length === 0
    ? "\n  No request was in flight."
    : `\n  Requests in flight:${describeRequests(requests)}`;
}

/** The worker's own words, if its event loop still turns; else null. */
async function whatItWaitsFor(worker: WorkerHandle, patienceMs: number): Promise<string | null> {
  worker.explanation = null;
  worker.send({ type: "explain" });
  await until(() => worker.explanation !== null || worker.end !== null, patienceMs);
  return worker.explanation;
}

async function whereItIs(worker: WorkerHandle, patienceMs: number): Promise<string> {
  const stack = worker.noStacks === "" ? await stackOf(worker, patienceMs) : null;
  return stack === null
    ? `No JavaScript stack: ${worker.noStacks || describeThread(worker.pid)}`
    : indentStack(withoutOurs(stack));
}

/** The stack that the worker's watchdog writes when asked, or null: JavaScript does not run there. */
async function stackOf(worker: WorkerHandle, patienceMs: number): Promise<string | null> {
  const before = worker.slot.stack.sequence;
  worker.bell.ring();
  await until(() => worker.slot.stack.sequence !== before || worker.end !== null, patienceMs);
  const { sequence, text } = worker.slot.stack;
  return sequence === before ? null : text.trimEnd();
}

async function until(condition: () => boolean, patienceMs: number): Promise<void> {
  for (let waited = 0; waited < patienceMs && !condition(); waited += POLL_MS) await sleep(POLL_MS);
}

const POLL_MS = 10;

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function indentLines(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
