/** What every app adapter is given besides the app. */

import type { Log } from "../base/log.ts";
import type { FailureSink } from "../http/exchange.ts";

/** Header names with an underscore become ambiguous as CGI names: drop them, refuse the request, or let them pass. */
export type HeaderMap = "drop" | "refuse" | "dangerous";

export interface AdapterOptions {
  /** Takes what the application did wrong; an adapter never throws out of `handle()`. */
  readonly failures: FailureSink;
  readonly log: Log;
  /** What becomes of header names with underscores where they are mapped to CGI names (wsgi). */
  readonly headerMap: HeaderMap;
  /** Of those, names (upper case) that are let pass all the same when a trusted proxy sends them; "*": all. */
  readonly forwarderHeaders: readonly string[];
  /** Other threads of this process may run the same application at the same time (`wsgi.multithread`). */
  readonly multithread: boolean;
  /** Other processes may run the same application at the same time (`wsgi.multiprocess`). */
  readonly multiprocess: boolean;
  /** The light Request, Response and Headers are in use (fetch). */
  readonly fastFetch: boolean;
}
