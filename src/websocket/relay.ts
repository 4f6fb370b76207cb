/** Stands between crossws and the application's hooks: each peer gets the hooks of its own request, and what they throw ends there. */

import type { AdapterOptions, Hooks, Message, Peer, WSError } from "crossws";
import { answer } from "../adapters/fetch/answer.ts";
import type { Log } from "../base/log.ts";
import { escapeLogValue } from "../http/access-log/escape.ts";
import type { Exchange, FailureSink } from "../http/exchange.ts";
import { stackOf } from "../http/failure.ts";
import { HEARTBEAT } from "./heartbeat.ts";
import type { HookSets } from "./hooks.ts";
import type { RequestWithContext } from "./upgrade-request.ts";

/** What the application says to an upgrade. */
type Verdict = Exclude<Awaited<ReturnType<Hooks["upgrade"]>>, Response | void>;

/** The application's code failed in a hook: the peer is told that it was not its fault. */
const INTERNAL_ERROR = 1011;

/** Choices that an application makes for all its WebSockets, where hooks do not; crossws's. */
export type Choices = Pick<AdapterOptions, "getNamespace" | "handleProtocols">;

export interface RelayOptions {
  readonly choices: Choices;
  readonly log: Log;
  readonly failures: FailureSink;
}

/** Given to crossws as its one set of hooks. */
export class Relay implements Hooks {
  readonly #options: RelayOptions;
  /** By the peer's context, the one object that its request and all its events share. */
  readonly #hooks = new WeakMap<object, HookSets>();
  readonly #exchanges = new WeakMap<object, Exchange>();

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** From now on `hooks` answer for this request, and for the peer that comes of it. */
  expect(request: RequestWithContext, exchange: Exchange, hooks: HookSets): void {
    this.#hooks.set(request.context, hooks);
    this.#exchanges.set(request.context, exchange);
  }

  /** Refusals and failures are answered here, on the exchange; crossws then has nothing more to do. */
  readonly upgrade = async (given: Request): Promise<Verdict> => {
    const request = given as RequestWithContext;
    const exchange = this.#exchanges.get(request.context)!;
    try {
      let verdict: Verdict = {};
      for (const hooks of this.#hooks.get(request.context) ?? []) {
        const said = await hooks.upgrade?.(request);
        if (isResponse(said)) return this.#refuse(exchange, said);
        if (said) verdict = { ...verdict, ...said, headers: merged(verdict.headers, said.headers) };
      }
      if (verdict.handled === true) {
        throw new Error("an upgrade hook returned { handled: true }, but there is no socket that it could have taken");
      }
      return await this.#completed(verdict, request);
    } catch (error) {
      const thrown = (error as { response?: unknown } | null)?.response ?? error;
      if (isResponse(thrown)) return this.#refuse(exchange, thrown);
      this.#options.failures.fail(exchange, error);
      return HANDLED;
    }
  };

  readonly open = (peer: Peer): void => this.#call("open", peer);
  readonly message = (peer: Peer, message: Message): void => this.#call("message", peer, message);
  readonly close = (peer: Peer, details: { code?: number; reason?: string }): void =>
    this.#call("close", peer, details);
  readonly drain = (peer: Peer): void => this.#call("drain", peer);
  readonly error = (peer: Peer, error: WSError): void => this.#call("error", peer, error);
  readonly ping = (peer: Peer, data: Uint8Array): void => this.#call("ping", peer, data);
  readonly pong = (peer: Peer, data: Uint8Array): void => {
    if (!HEARTBEAT.equals(data)) this.#call("pong", peer, data);
  };

  // --- internal ---

  /** With all that crossws would choose by itself, and could not answer for if it failed. */
  async #completed(verdict: Verdict, request: RequestWithContext): Promise<Verdict> {
    const { getNamespace, handleProtocols } = this.#options.choices;
    const namespace = verdict.namespace ?? getNamespace?.(request) ?? new URL(request.url).pathname;
    const headers = new Headers(verdict.headers);
    let protocol = verdict.protocol ?? headers.get("sec-websocket-protocol") ?? "";
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    if (protocol === "" && offered !== "" && handleProtocols !== undefined) {
      const names = offered.split(",").map((name) => name.trim());
      protocol = (await handleProtocols(new Set(names), request)) || "";
    }
    if (protocol !== "") headers.set("sec-websocket-protocol", protocol);
    return { ...verdict, namespace, headers, protocol };
  }

  #refuse(exchange: Exchange, response: Response): Verdict {
    try {
      answer(exchange, response, this.#options.failures);
    } catch (error) {
      this.#options.failures.fail(exchange, error);
    }
    return HANDLED;
  }

  #call(name: Exclude<keyof Hooks, "upgrade">, peer: Peer, detail?: unknown): void {
    const sets = this.#hooks.get(peer.context);
    if (sets === undefined) return;
    for (const hooks of sets) {
      try {
        // Called as a method, for hooks that are one of an object.
        const result: unknown = (hooks as AnyHooks)[name]?.(peer, detail);
        if (isThenable(result)) result.then(undefined, (error: unknown) => this.#failed(name, peer, error));
      } catch (error) {
        this.#failed(name, peer, error);
      }
    }
  }

  #failed(name: string, peer: Peer, error: unknown): void {
    const target = this.#exchanges.get(peer.context)?.target ?? "";
    this.#options.log.error(`Error in the WebSocket hook "${name}" (${escapeLogValue(target)}): ${stackOf(error)}`);
    peer.close(INTERNAL_ERROR);
  }
}

// --- internal ---

type AnyHooks = Readonly<Record<string, ((peer: Peer, detail: unknown) => unknown) | undefined>>;

const HANDLED: Verdict = Object.freeze({ handled: true });

/** Any library's Response. What a hook returns else has no status. */
function isResponse(value: unknown): value is Response {
  return (
    typeof (value as { status?: unknown } | null | undefined)?.status === "number" && "headers" in (value as object)
  );
}

/** The later ones win; but cookies add up. */
function merged(first: Verdict["headers"], second: Verdict["headers"]): Headers {
  const headers = new Headers(first);
  for (const [name, value] of new Headers(second)) {
    if (name === "set-cookie") headers.append(name, value);
    else headers.set(name, value);
  }
  return headers;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
