/** A worker's surroundings without sockets: an engine, an acceptor and a service that the test drives. */

import type { Settings } from "../../../src/config/settings/index.ts";
import type { Engine, EngineEvents, EngineOptions } from "../../../src/engines/engine.ts";
import type { AcceptorLike, OnAccept, WorkerHost } from "../../../src/workers/worker-class.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

const LISTENER = { host: "127.0.0.1", port: 8000, unixPath: "" };

export class FakeSurroundings {
  /** Connections in the kernel's backlog, by client port. */
  backlog: number[] = [];
  accepting = false;
  closed = false;
  open = new Set<number>();
  served: number[] = [];
  running: RecordingExchange[] = [];
  failed: unknown[] = [];
  draining = false;
  events!: EngineEvents;
  keepAliveMs = -1;
  readonly host: WorkerHost;
  #onAccept!: OnAccept;

  constructor(maxConnections = 1000) {
    const isAccepting = (): boolean => this.accepting;
    const isClosed = (): boolean => this.closed;
    const inFlight = (): number => this.running.length;
    const acceptor: AcceptorLike = {
      get accepting() {
        return isAccepting();
      },
      get closed() {
        return isClosed();
      },
      starved: false,
      gated: true,
      expectant: false,
      closeGate: () => {},
      resume: () => {
        if (!this.closed) this.accepting = true;
      },
      pause: () => void (this.accepting = false),
      acceptNow: () => !this.closed && this.#accept(),
      close: () => {
        this.accepting = false;
        this.closed = true;
      },
    };
    this.host = {
      settings: {} as Settings,
      log: new RecordingLog(),
      service: {
        onOver: null,
        get inFlight() {
          return inFlight();
        },
        handle: (exchange) => {
          this.running.push(exchange as RecordingExchange);
          this.served.push(exchange.peer.remotePort);
        },
        fail: (_exchange, error) => void this.failed.push(error),
      },
      maxConnections,
      keepAliveMs: 2000,
      httpEngine: "llhttp",
      note: () => {},
      engine: (make, chosen) => {
        this.events = chosen.events;
        this.keepAliveMs = chosen.keepAliveMs;
        return make({} as EngineOptions);
      },
      acceptor: (onAccept) => {
        this.#onAccept = onAccept;
        return acceptor;
      },
      refused: () => {},
      limitUnsent: () => {},
      connectionsChanged: () => {},
    };
  }

  readonly makeEngine = (): Engine => {
    const connections = (): number => this.open.size;
    return {
      adopt: (_fd, _address, port) => void this.open.add(port),
      get connections() {
        return connections();
      },
      refuse: () => {},
      announce: () => {},
      drain: () => void (this.draining = true),
      destroy: () => this.open.size,
    };
  };

  /** One wake-up of the poll on the listener. */
  poll(): void {
    if (this.accepting) this.#accept();
  }

  /** The request of a connection that was accepted comes in. */
  request(port: number): RecordingExchange {
    const exchange = new RecordingExchange({
      target: `/${port}`,
      peer: { remoteAddress: "192.0.2.1", remotePort: port },
    });
    this.events.exchange(exchange);
    return exchange;
  }

  /** The application answers what it is running for that client. */
  async answer(port: number): Promise<void> {
    const index = this.running.findIndex((exchange) => exchange.peer.remotePort === port);
    const [exchange] = this.running.splice(index, 1);
    exchange!.over = true;
    this.host.service.onOver?.();
    await this.turn();
  }

  async close(port: number): Promise<void> {
    this.open.delete(port);
    this.events.closed();
    await this.turn();
  }

  /** A turn of the event loop. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #accept(): boolean {
    const port = this.backlog.shift();
    if (port === undefined) return false;
    this.#onAccept(99, "192.0.2.1", port, LISTENER);
    return true;
  }
}
