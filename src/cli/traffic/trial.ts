/** One run of a candidate: a server is started, warmed up, put under load, measured and stopped. */

import type { Fleet, Server } from "../../measure/server/fleet.ts";
import { ask, freePort } from "../../measure/server/ready.ts";
import { measure, load, type Measurement } from "../../measure/load/load.ts";
import type { Driver, LoadOptions, LoadRequest } from "../../measure/load/options.ts";
import type { Candidate } from "../../tune/candidate.ts";
import type { Subject } from "./subject.ts";

export interface Traffic {
  /** One turn of all requests. */
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  readonly rate: number | null;
  readonly seconds: number;
  readonly driver: Driver;
}

export interface Bench {
  readonly fleet: Fleet;
  readonly subject: Subject;
  /** Ends all servers and clients at once. */
  readonly signal: AbortSignal;
  /** Of the setting `boot_timeout`; 0 is no limit. */
  readonly bootSeconds: number;
}

export type Trial =
  | { readonly kind: "measured"; readonly measurement: Measurement }
  | { readonly kind: "failed"; readonly problem: string };

/** Rejects with the signal's reason when it is interrupted, and with ERR_LOAD where the client cannot do its work. */
export async function tryOut(candidate: Candidate, traffic: Traffic, bench: Bench): Promise<Trial> {
  return await withServer(candidate, traffic.requests[0]!, bench, async (server, port) => {
    const warmUp = await load(loadOf(traffic, port, Math.min(WARM_UP_SECONDS, traffic.seconds)), bench.fleet);
    const early = failureOf(warmUp, server, traffic);
    if (early !== null) return { kind: "failed", problem: early };
    // Requests of clients that are gone still wait for a sync worker: who queues behind them is answered after them.
    await ask(port, traffic.requests[0]!.path);
    const measurement = await measure(server, loadOf(traffic, port, traffic.seconds), bench.fleet);
    const problem = failureOf(measurement, server, traffic);
    return problem === null ? { kind: "measured", measurement } : { kind: "failed", problem };
  });
}

/** Starts it, waits until it answers, and stops it when `use` is done. A server that does not come up, or ends, has failed. */
export async function withServer<Result>(
  candidate: Candidate,
  { path }: LoadRequest,
  { fleet, subject, signal, bootSeconds }: Bench,
  use: (server: Server, port: number) => Promise<Result>,
): Promise<Result | { readonly kind: "failed"; readonly problem: string }> {
  signal.throwIfAborted();
  const port = await freePort();
  const server = fleet.start(subject.command(candidate, port), { env: subject.env });
  try {
    await server.ready(port, { path, accepts: () => true, within: (bootSeconds || MOST_BOOT_SECONDS) * 1000 });
    return await use(server, port);
  } catch (error) {
    signal.throwIfAborted();
    if (server.ended !== null) return { kind: "failed", problem: whyEnded(server) };
    if ((error as { code?: unknown }).code === "ERR_MEASURED_SERVER")
      return { kind: "failed", problem: (error as Error).message };
    throw error;
  } finally {
    if (!signal.aborted) await stop(server, fleet);
  }
}

/** Long enough for some requests one after another on each connection. */
export function runLength(longestMs: number): number {
  return Math.min(10, Math.max(1, Math.ceil((5 * longestMs) / 1000)));
}

// --- internal ---

/** Compilers have done most by then. */
const WARM_UP_SECONDS = 0.7;
const MOST_BOOT_SECONDS = 600;

function loadOf({ requests, connections, rate, driver }: Traffic, at: number, seconds: number): LoadOptions {
  return { at, driver, requests, connections, seconds, ...(rate === null ? {} : { rate }) };
}

type Failures = Pick<Measurement, "errors" | "firstError" | "requests">;

/** null: it did what it should. At a fixed rate being too slow is no failure: the latencies tell it. */
function failureOf({ errors, firstError, requests }: Failures, server: Server, { rate }: Traffic): string | null {
  if (errors === 0 && requests > 0) return null;
  if (rate !== null && requests > 0 && firstError?.startsWith("no answer") === true) return null;
  const what = firstError === null ? "nothing was answered during the run" : firstLines(firstError);
  const line = firstLogLine(server.printed);
  return line === null ? what : `${what}\nlog: ${line}`;
}

/** Quickly: the load has ended, and nobody is there whom a graceful stop could spare anything. */
async function stop(server: Server, fleet: Fleet): Promise<void> {
  server.child.kill("SIGINT");
  await fleet.stop(server);
}

/** wrk gives an answer with its head: its status and its body's first line are enough. */
function firstLines(text: string): string {
  const [, before = text, status, body = ""] =
    /^(.*?)HTTP\/1\.[01] (\d{3}[^\r\n]*)\r?\n[^]*?(?:\r?\n\r?\n([^]*))?$/.exec(text) ?? [];
  if (status === undefined) return text.trim().split(/\r?\n/, 1)[0] ?? "";
  const line = body.trim().split(/\r?\n/, 1)[0] ?? "";
  return `${before}${status}${line === "" ? "" : `: ${line}`}`;
}

/** What the server logged first as an error, or else as a warning, with the beginning of its stack; null if it did not. */
export function firstLogLine(printed: string): string | null {
  const lines = printed.split("\n");
  const levels = [/\[(?:ERROR|CRITICAL)\]/, /\[WARNING\]/];
  const at = levels.map((level) => lines.findIndex((line) => level.test(line))).find((index) => index >= 0);
  if (at === undefined) return null;
  const more = lines.slice(at + 1, at + 4);
  const end = more.findIndex((line) => line.startsWith("["));
  return [lines[at]!, ...more.slice(0, end < 0 ? undefined : end)].join("\n").trim();
}

function whyEnded(server: Server): string {
  return `the server ended (${server.ended})${server.printed === "" ? "" : `:\n${server.printed}`}`;
}
