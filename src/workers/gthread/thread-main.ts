/** A pool thread's side: loads the application, serves one request after another with it, and talks with the main thread. */

import { MessageChannel, threadId, type MessagePort } from "node:worker_threads";

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
import type { Answer, FromThread, Hello, RequestTask, ToThread } from "./messages.ts";
import { ThreadExchange, type ThreadLine } from "./thread-exchange.ts";

type Load = Extract<ToThread, { type: "load" }>;

export class ThreadMain implements ThreadLine, FailureSink {
  readonly head = new ResponseHead("", 0);
  readonly #line: MessagePort;
  #handler: AppHandler | null = null;
  #current: ThreadExchange | null = null;
  /** Where the current request's answer goes once it is there; null while `handle()` has not returned. */
  #resolve: ((answer: Answer) => void) | null = null;
  #answer: Answer | undefined;
  /** Answered requests whose body the application is still reading. */
  readonly #reading = new Map<number, ThreadExchange>();

  constructor(parentPort: MessagePort) {
    const { port1, port2 } = new MessageChannel();
    this.#line = port1;
    port1.on("message", (message: ToThread) => this.#hear(message));
    parentPort.postMessage({ type: "hello", thread: threadId, line: port2 } satisfies Hello, [port2]);
  }

  /** Serves a request; the result is its answer, or null if that goes over the line. A promise only if the application takes its time. */
  serve(task: RequestTask): Answer | Promise<Answer> {
    const exchange = new ThreadExchange(task, this);
    this.#current = exchange;
    this.#answer = undefined;
    this.#resolve = null;
    const pending = this.#handler!.handle(exchange);
    if (this.#answer !== undefined) return this.#answer;
    exchange.pending = pending ?? null;
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  // --- ThreadLine ---

  send(message: FromThread, transfer?: ArrayBuffer): void {
    this.#line.postMessage(message, transfer === undefined ? undefined : [transfer]);
  }

  release(exchange: ThreadExchange, answer: Answer): void {
    if (exchange !== this.#current) return;
    this.#current = null;
    if (exchange.bodyFlows) this.#reading.set(exchange.id, exchange);
    if (this.#resolve === null) this.#answer = answer;
    else this.#resolve(answer);
  }

  // --- FailureSink ---

  fail(exchange: Exchange, error: unknown): void {
    const { level, message } = describeFailure(exchange, error);
    this.send({ type: "log", level, message });
    answerFailure(exchange, error);
  }

  // --- internal ---

  #hear(message: ToThread): void {
    switch (message.type) {
      case "load":
        return void this.#load(message);
      case "leave":
        return void leaveThread().then(() => this.send({ type: "left" }));
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

  /** Messages of requests that are over here are still on their way when they are. */
  #find(id: number): ThreadExchange | undefined {
    return this.#current?.id === id ? this.#current : this.#reading.get(id);
  }

  async #load(request: Load): Promise<void> {
    const { settings } = request;
    const log = lineLog((level, message) => this.send({ type: "log", level, message }), settings);
    appContext().requestId = () => (this.#current === null ? undefined : `${process.pid}-${this.#current.id}`);
    try {
      const loaded = await loadFrom(settings, log);
      this.#handler = await handlerFor(loaded, settings, this, log, true);
      this.send({ type: "loaded", takesUpgrades: loaded.hasUpgrade(), noStacks: startWatchdog(request) });
    } catch (error) {
      this.send({ type: "load-failed", ...bootProblem(error) });
    }
  }
}

// --- internal ---

function errorOf({ code, details }: { code: JunicornError["code"]; details: JunicornError["details"] }): JunicornError {
  return new JunicornError(code, details);
}

/** This thread's stack can be had from now on, even while it spins. Returns "" or why not. */
function startWatchdog({ stackFd, bellFd }: Load): string {
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
