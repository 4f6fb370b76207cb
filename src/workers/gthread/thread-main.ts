/** A pool thread's side: loads the application, serves one request after another with it, and talks with the main thread. */

import { threadId, type MessagePort } from "node:worker_threads";

import { appContext, leaveThread } from "../../base/app-context.ts";
import { JunicornError, type LogLevel } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Settings } from "../../config/settings/index.ts";
import type { AppHandler, Exchange, FailureSink } from "../../http/exchange.ts";
import { answerFailure, describeFailure } from "../../http/failure.ts";
import { ResponseHead } from "../../http/response-head.ts";
import { Stack } from "../../ipc/scoreboard-layout.ts";
import { native } from "../../native.ts";
import { bootProblem, handlerFor, loadFrom } from "../application.ts";
import { Waiting } from "../waiting.ts";
import { IdleHeap } from "./idle-heap.ts";
import type { FromThread, Reason, RequestTask, Session, ToThread } from "./messages.ts";
import { ThreadExchange, type ThreadLine } from "./thread-exchange.ts";

export class ThreadMain implements ThreadLine, FailureSink {
  readonly head = new ResponseHead("", 0);
  readonly #session: Session;
  readonly #line: MessagePort;
  readonly #waiting = new Waiting();
  readonly #heap = new IdleHeap();
  #handler: AppHandler | null = null;
  #current: ThreadExchange | null = null;
  /** Answered requests whose body the application is still reading. */
  readonly #reading = new Map<number, ThreadExchange>();

  constructor(session: Session) {
    this.#session = session;
    this.#line = session.line;
  }

  /** Serves until the thread is ended: never resolves. What runs in it is not awaited, or piscina would be in the stacks of all errors. */
  serve(): Promise<never> {
    void this.#load();
    return new Promise<never>(() => {});
  }

  // --- ThreadLine ---

  send(message: FromThread, transfer?: ArrayBuffer): void {
    if (transfer === undefined) this.#line.postMessage(message);
    else this.#line.postMessage(message, [transfer]);
  }

  over(exchange: ThreadExchange): void {
    if (exchange === this.#current) this.#current = null;
    if (exchange.bodyFlows) this.#reading.set(exchange.id, exchange);
  }

  // --- FailureSink ---

  fail(exchange: Exchange, error: unknown): void {
    const { level, message } = describeFailure(exchange, error);
    this.send({ type: "log", level, message });
    answerFailure(exchange, error);
  }

  // --- internal ---

  async #load(): Promise<void> {
    const { settings } = this.#session;
    const log = lineLog((level, message) => this.send({ type: "log", level, message }), settings);
    if (settings.reload)
      (await import("../dev-sources.ts")).tellLoadedFiles((files) => this.send({ type: "sources", files }));
    appContext().requestId = () => (this.#current === null ? undefined : `${process.pid}-${this.#current.id}`);
    try {
      this.#line.on("message", (message: ToThread) => this.#hear(message));
      this.send({ type: "began", thread: threadId, noStacks: startWatchdog(this.#session) });
      this.#waiting.begin();
      const loaded = await loadFrom(settings, log);
      this.#handler = await handlerFor(loaded, settings, this, log, true);
      this.send({ type: "loaded", takesUpgrades: loaded.hasUpgrade() });
    } catch (error) {
      this.send({ type: "load-failed", ...bootProblem(error) });
    }
  }

  #hear(message: ToThread): void {
    if (isRequest(message)) return this.#handle(message);
    switch (message.type) {
      case "leave":
        return void leaveThread().then(() => this.send({ type: "left" }));
      case "explain":
        return void this.#waiting.describe().then((text) => this.send({ type: "explained", text }));
      case "rest":
        return this.#heap.shrink(() => this.#current === null);
      case "body":
        return this.#find(message.id)?.bodyData(message.chunk);
      case "body-end":
        this.#find(message.id)?.bodyEnd(message.trailers);
        return void this.#reading.delete(message.id);
      case "body-failed":
        this.#find(message.id)?.bodyFailed(errorOf(message.reason));
        return void this.#reading.delete(message.id);
      case "credit":
        return this.#find(message.id)?.credit(message.bytes);
      case "gone":
        return this.#find(message.id)?.gone(errorOf(message.reason), message.over, message.expired);
      default:
        message satisfies never;
    }
  }

  #handle(task: RequestTask): void {
    const exchange = new ThreadExchange(task, this);
    this.#current = exchange;
    const pending = this.#handler!.handle(exchange);
    if (pending !== undefined) exchange.pending = pending;
  }

  /** Messages of requests that are over here are still on their way when they are. */
  #find(id: number): ThreadExchange | undefined {
    return this.#current?.id === id ? this.#current : this.#reading.get(id);
  }
}

// --- internal ---

function isRequest(message: ToThread): message is RequestTask {
  return Array.isArray(message);
}

function errorOf({ code, details }: Reason): JunicornError {
  return new JunicornError(code, details);
}

/** This thread's stack can be had from now on, even while it spins. Returns "" or why not. */
function startWatchdog({ stackFd, bellFd }: Session): string {
  return native().startWatchdog(bellFd, new Uint8Array(native().mapSharedMemory(stackFd, Stack.SIZE)));
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];

/** The error log is the main thread's; what it would drop anyway is not sent. */
function lineLog(send: (level: LogLevel, message: string) => void, settings: Settings): Log {
  const least = LEVELS.indexOf(settings.logLevel);
  const log = (level: LogLevel, message: string): void => {
    if (LEVELS.indexOf(level) >= least) send(level, message);
  };
  const at = (level: LogLevel) => (message: string) => log(level, message);
  return {
    log,
    debug: at("debug"),
    info: at("info"),
    warning: at("warning"),
    error: at("error"),
    critical: at("critical"),
  };
}
