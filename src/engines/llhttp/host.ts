/** What a connection needs of its engine. */

import type { Socket } from "node:net";
import type { ResponseHead } from "../../http/response-head.ts";
import type { EngineEvents } from "../engine.ts";
import type { Connection } from "./connection.ts";
import type { DeadlineQueue } from "../deadlines.ts";
import type { LlhttpExchange } from "./exchange.ts";
import type { Transport } from "./transport.ts";
import type { SlowClients } from "../slow-clients.ts";
import type { SpareParsers } from "../spare-parsers.ts";

export interface ConnectionHost {
  readonly streams: Transport;
  /** `parserState` of this thread. */
  readonly state: Int32Array;
  readonly rules: readonly string[];
  readonly parsers: SpareParsers;
  readonly head: ResponseHead;
  readonly events: EngineEvents;
  readonly draining: boolean;
  /** False: every answer closes its connection. */
  readonly keepsConnections: boolean;
  /** It does not because the worker leaves. */
  readonly announced: boolean;

  /** A head is expected, or has begun. */
  readonly headerQueue: DeadlineQueue;
  /** Between requests. */
  readonly idleQueue: DeadlineQueue;
  /** Answered, but the request's body still comes. */
  readonly bodyQueue: DeadlineQueue;
  /** Our side closed; waiting for the peer's. */
  readonly lingerQueue: DeadlineQueue;
  /** The same after an idle connection was closed. */
  readonly partingQueue: DeadlineQueue;

  /** Most bytes of a request body; 0: no limit. */
  readonly bodyLimit: number;
  readonly slowClients: SlowClients;

  acceptsUpgrade(): boolean;
  /** Sends the exchange's held head when the present turn of the event loop is done, if nothing else has. */
  flushSoon(exchange: LlhttpExchange): void;
  /** Looks at the connection's leftover input in the next turn of the event loop, so that a pipeline cannot starve others. */
  continueSoon(connection: Connection): void;
  /** While draining: an idle connection may bring one more request, for a while. */
  giveGrace(connection: Connection): void;
  closed(connection: Connection): void;
  upgraded(connection: Connection, socket: Socket): void;
}
