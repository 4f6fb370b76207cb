/** An H2Engine on a real port in this process, for clients that speak HTTP/2 without asking first. */

import { createServer, type Socket } from "node:net";
import type { EngineOptions, Http2Limits, Refusal } from "../../src/engines/engine.ts";
import { H2Engine } from "../../src/engines/h2/engine.ts";
import type { Exchange } from "../../src/http/exchange.ts";
import { ENGINE_DEFAULTS } from "./engine-harness.ts";

export interface H2Harness {
  readonly engine: H2Engine;
  readonly port: number;
  readonly refusals: Refusal[];
  /** Rules of the refusals. */
  readonly rules: () => string[];
  readonly closed: () => number;
  stop(): void;
}

export interface H2HarnessOptions extends Partial<Omit<EngineOptions, "events" | "http2">> {
  readonly http2?: Partial<Http2Limits>;
}

export const HTTP2_DEFAULTS: Http2Limits = {
  maxConcurrentStreams: 100,
  initialWindowSize: 65_535,
  maxFrameSize: 16_384,
  maxHeaderListSize: 65_536,
};

export async function startH2Engine(
  handle: (exchange: Exchange) => void,
  { http2, ...options }: H2HarnessOptions = {},
): Promise<H2Harness> {
  const refusals: Refusal[] = [];
  let closed = 0;
  const engine = new H2Engine(
    {
      ...ENGINE_DEFAULTS,
      ...options,
      events: { exchange: handle, closed: () => closed++, refused: (refusal) => refusals.push(refusal) },
    },
    { ...HTTP2_DEFAULTS, ...http2 },
  );
  const server = createServer((socket) => engine.take(socket, peerOf(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    engine,
    port,
    refusals,
    rules: () => refusals.map(({ rule }) => rule),
    closed: () => closed,
    stop: () => {
      server.close();
      engine.destroy();
    },
  };
}

// --- internal ---

function peerOf({ remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 }: Socket): Exchange["peer"] {
  return {
    ...{ remoteAddress, remotePort, localAddress, localPort, unixPath: "" },
    ...{ encrypted: false, scheme: "http", trusted: false, via: null, tls: null },
  };
}
