/** Answers scrapes: a small HTTP server on a socket that is bound already. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "../base/node-http.ts";

import type { Socket } from "node:net";

import type { Log } from "../base/log.ts";
import type { Facts } from "./facts.ts";
import { PrometheusPage } from "./prometheus.ts";

export interface EndpointParts {
  /** Of a listening socket, which the server owns from now on. */
  readonly fd: number;
  readonly facts: () => Facts;
  readonly log: Log;
}

export function serveMetrics({ fd, facts, log }: EndpointParts): Server {
  const page = new PrometheusPage();
  let made = Promise.resolve("");
  let madeAt = Number.NEGATIVE_INFINITY;
  const server = createServer(LIMITS, (request, response) => void answer(request, response));
  server.timeout = SILENT_MS;
  boundClients(server);
  server.on("error", (error) => log.warning(`Metrics (--metrics-bind): ${error.message}`));
  server.listen({ fd });
  // It never keeps a master alive that has nothing else to do.
  server.unref();
  return server;

  /** To make it costs the master a millisecond: who asks without end must not keep it from its work. */
  function latest(): Promise<string> {
    const now = performance.now();
    if (now - madeAt >= FRESH_MS) {
      madeAt = now;
      made = page.render(facts());
    }
    return made;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== "/metrics") return plain(response, 404, "Metrics are at /metrics.\n");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return plain(response, 405, "Metrics can be read, with GET.\n");
    }
    try {
      const text = await latest();
      response.writeHead(200, { "Content-Type": page.contentType, "Content-Length": Buffer.byteLength(text) });
      response.end(text);
    } catch (error) {
      log.error(`Metrics (--metrics-bind) could not be made: ${(error as Error).stack ?? String(error)}`);
      plain(response, 500, "Metrics could not be made; the error log says why.\n");
    }
  }
}

// --- internal ---

const MOST_CLIENTS = 64;
/** For how long a page may be given out again, in ms. */
const FRESH_MS = 100;
/** For how long a client may take nothing of its answer. */
const SILENT_MS = 10_000;

/** In ms; for clients that are silent, or slow, or keep a connection for later: scrapes come every 15 s or so. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5000,
};

/** One too many takes the place of the oldest, for that one is silent, deaf or at rest: a scrape takes milliseconds, and must not wait for such clients. */
function boundClients(server: Server): void {
  const clients = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    clients.add(socket);
    socket.once("close", () => clients.delete(socket));
    if (clients.size <= MOST_CLIENTS) return;
    const [oldest] = clients;
    clients.delete(oldest!);
    oldest!.destroy();
  });
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}
