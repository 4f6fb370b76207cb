/** What a load is asked for, and what comes of it: plain data, for the client is a process of its own. */

import type { Bucket } from "../../base/quantiles.ts";
import type { Latency } from "../histogram.ts";
import type { Endpoint } from "../server/ready.ts";

/** One request, whole. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface RequestOptions {
  /** Several that differ in more than their paths, in turns; instead of all that follows. */
  readonly requests?: readonly LoadRequest[];
  readonly method?: string;
  /** Several are asked for in turns. */
  readonly paths?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Instead of `body`: so many bytes of no meaning. */
  readonly bodyBytes?: number;
}

/** `autocannon` and `wrk` ask again as soon as they are answered (closed loop), `paced` at a fixed rate. */
export type Driver = "autocannon" | "wrk" | "paced";

export interface LoadOptions extends RequestOptions {
  readonly at: Endpoint;
  readonly driver: Driver;
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second, for `paced`. */
  readonly rate?: number;
  /** The client's core, or several as taskset spells them. */
  readonly cores?: number | string | undefined;
}

export interface LoadResult {
  /** A driver's name, or that of another program. */
  readonly driver: string;
  readonly connections: number;
  /** Requests per second that were asked for; null in a closed loop. */
  readonly rate: number | null;
  readonly seconds: number;
  /** Answers with a status below 400. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  /** At a fixed rate from when the request was due: a stall counts for all that should have been sent meanwhile. */
  readonly latency: Latency;
  readonly histogram: readonly Bucket[];
  /** Answers of 400 and above, connections that failed, and requests without an answer. */
  readonly errors: number;
  readonly firstError: string | null;
  /** Share of a core that the client used: near 1 it is the client that was measured. null where that says nothing. */
  readonly clientCore: number | null;
  /** At a fixed rate: how late the client itself sent, in ms, for 99 of 100 requests; else null. */
  readonly clientLate: number | null;
}

/** What is sent, in turns. */
export function requestsOf({
  requests,
  method = "GET",
  paths = ["/"],
  headers = {},
  body,
  bodyBytes,
}: RequestOptions): readonly LoadRequest[] {
  const content = bodyBytes === undefined ? body : "x".repeat(bodyBytes);
  return requests ?? paths.map((path) => ({ method, path, headers, body: content }));
}

/** Where the address has none, `Host` and URL say this. */
export function hostOf(at: Endpoint): string {
  return typeof at === "string" ? "127.0.0.1" : `127.0.0.1:${at}`;
}
