/** The open WebSockets of a worker, and how a request becomes one. Loads crossws and `ws`, so it is imported when it is needed. */

import type { AdapterOptions } from "crossws";
import nodeAdapter, { type NodeAdapter } from "crossws/adapters/node";
import type { Duplex } from "node:stream";
import type { Log } from "../base/log.ts";
import type { Exchange, FailureSink } from "../http/exchange.ts";
import { GOING_AWAY, sayFarewell, SERVICE_RESTART } from "./farewell.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { HookSets } from "./hooks.ts";
import type { OpenSocket, SocketLimits } from "./limits.ts";
import { Relay, type Choices } from "./relay.ts";
import { SocketServer } from "./server.ts";
import { UpgradeRequest, type RequestWithContext } from "./upgrade-request.ts";

export interface SocketsOptions {
  readonly limits: SocketLimits;
  /** crossws's way to publish to other processes. */
  readonly backplane: Pick<AdapterOptions, "sync" | "onError">;
  readonly choices: Choices;
  readonly failures: FailureSink;
  readonly log: Log;
}

export class Sockets {
  readonly #limits: SocketLimits;
  readonly #log: Log;
  readonly #relay: Relay;
  readonly #adapter: NodeAdapter;
  readonly #heartbeat: Heartbeat;
  readonly #open = new Set<OpenSocket>();
  /** The code that those who come too late are closed with; 0 until a farewell was said. */
  #farewell = 0;

  constructor(options: SocketsOptions) {
    this.#limits = options.limits;
    this.#log = options.log;
    this.#relay = new Relay(options);
    this.#heartbeat = new Heartbeat(options.limits);
    const server = new SocketServer(options.limits);
    // Before crossws listens, for hooks may close what has just been opened.
    server.on("connection", (socket) => this.#opened(socket as unknown as OpenSocket & NodeJS.EventEmitter));
    this.#adapter = nodeAdapter({
      ...options.backplane,
      hooks: this.#relay,
      wss: server as never,
      idleTimeout: 0, // the heartbeat sees to that
      getNamespace: () => "/", // the relay has a say in it, where errors can still be answered
    });
  }

  /** Has the hooks decide, and opens a WebSocket or answers. */
  async accept(exchange: Exchange, request: RequestWithContext, hooks: HookSets): Promise<void> {
    this.#relay.expect(request, exchange, hooks);
    await this.#adapter.handleUpgrade(new UpgradeRequest(exchange).asMessage, NO_SOCKET, NO_HEAD, request);
  }

  /** Closes all, with jitter, in not more than `withinMs`, and whatever is opened from now on. Returns how many will be told. */
  leave(restarts: boolean, withinMs: number): number {
    const { size } = this.#open;
    this.#farewell = restarts ? SERVICE_RESTART : GOING_AWAY;
    sayFarewell(this.#open, this.#farewell, withinMs);
    return size;
  }

  // --- internal ---

  #opened(socket: OpenSocket & NodeJS.EventEmitter): void {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    socket.on("overflow", () => {
      const most = this.#limits.maxBackpressure;
      this.#log.warning(
        `Cut a WebSocket whose client reads too slowly: more than ${most} bytes wait for it (ws_max_backpressure)`,
      );
    });
    this.#heartbeat.watch(socket);
    // It was agreed upon before the farewell, and opened after.
    if (this.#farewell !== 0) setImmediate(() => socket.close(this.#farewell));
  }
}

// --- internal ---

/** The server takes the real ones from the exchange. */
const NO_SOCKET = null as unknown as Duplex;
const NO_HEAD = Buffer.alloc(0);
