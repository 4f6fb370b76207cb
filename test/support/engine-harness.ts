/** An LlhttpEngine on a real port in this process: for what a worker class would not let a test see. */

import type { EngineOptions, Refusal } from "../../src/engines/engine.ts";
import { LlhttpEngine } from "../../src/engines/llhttp/engine.ts";
import type { Exchange } from "../../src/http/exchange.ts";
import { native } from "../../src/native.ts";

export interface EngineHarness {
  readonly engine: LlhttpEngine;
  readonly port: number;
  readonly refusals: Refusal[];
  /** Connections reported closed. */
  readonly closed: () => number;
  stop(): void;
}

/** The settings' defaults, without time limits for bodies. */
export const ENGINE_DEFAULTS: Omit<EngineOptions, "events"> = {
  limits: { requestLine: 4094, fields: 100, fieldSize: 8190, body: 0 },
  bodyTimeoutMs: 0,
  writeTimeoutMs: 0,
  keepAliveMs: 2000,
  headerTimeoutMs: 30_000,
  serverHeader: "junicorn",
  acceptsUpgrade: () => false,
  trusts: () => false,
};

export function startEngine(
  handle: (exchange: Exchange) => void,
  options: Partial<Omit<EngineOptions, "events">> = {},
): EngineHarness {
  const addon = native();
  const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 128 });
  const { port } = addon.socketName(fd);
  const refusals: Refusal[] = [];
  let closed = 0;
  const engine = new LlhttpEngine({
    ...ENGINE_DEFAULTS,
    ...options,
    events: { exchange: handle, closed: () => closed++, refused: (refusal) => refusals.push(refusal) },
  });
  const listener = new addon.Listener(fd, (connection, address, peerPort) => {
    engine.adopt(connection, address, peerPort, { host: "127.0.0.1", port, unixPath: "" });
  });
  listener.resume();
  return {
    engine,
    port,
    refusals,
    closed: () => closed,
    stop: () => {
      listener.close();
      addon.close(fd);
      engine.destroy();
    },
  };
}
