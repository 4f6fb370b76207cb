/** What sessions and their streams need of the HTTP/2 engine. */

import type { ServerSessionOptions } from "node:http2";
import type { ResponseHead } from "../../http/response-head.ts";
import type { DeadlineQueue } from "../deadlines.ts";
import type { EngineEvents, EngineLimits } from "../engine.ts";
import type { SlowClients } from "../slow-clients.ts";
import type { H2Session } from "./session.ts";

export interface H2Host {
  readonly events: EngineEvents;
  readonly limits: EngineLimits;
  readonly head: ResponseHead;
  readonly serverHeader: string;
  /** Most bytes of a request body; 0: no limit. */
  readonly bodyLimit: number;
  readonly maxConcurrentStreams: number;
  readonly maxHeaderListSize: number;
  readonly sessionOptions: ServerSessionOptions;
  readonly slowClients: SlowClients;
  /** False: a session ends with the streams that it has. */
  readonly keepsConnections: boolean;

  /** No request has come yet. */
  readonly headerQueue: DeadlineQueue;
  /** No stream is open. */
  readonly idleQueue: DeadlineQueue;
  /** A part of an answer waits to be taken. */
  readonly writeQueue: DeadlineQueue;
  /** The client has been told that we leave, and has not said yet that it knows. */
  readonly noticeQueue: DeadlineQueue;
  /** Our side is finished; waiting for the client's. */
  readonly lingerQueue: DeadlineQueue;

  closed(session: H2Session): void;
}
