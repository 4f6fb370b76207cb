/** HTTP on the control socket. Node's own server: here nothing is urgent, and a client may be anything that speaks HTTP. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "../../base/node-http.ts";

import { JunicornError, rowOf } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import type { MasterContext } from "../extension.ts";
import { type Call, type Reply, type Route, ROUTES } from "./routes.ts";

/** Serves on a listening socket, whose descriptor it owns from now on. */
export function serveControl(fd: number, master: MasterContext): Server {
  const server = createServer(LIMITS, (request, response) => void answer(master, request, response));
  server.maxConnections = MOST_CLIENTS;
  // Whatever a client does, no error of its connection is ours.
  server.on("error", (error) => master.log.warning(`Control socket: ${error.message}`));
  server.listen({ fd });
  // It never keeps a master alive that has nothing else to do.
  server.unref();
  return server;
}

// --- internal ---

const MOST_CLIENTS = 64;

/** In ms; for clients that are silent, or slow, or keep a connection for later. A request that waits for a reload is none of these. */
const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
};

async function answer(master: MasterContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await withoutBody(request);
    const { body, accepted } = await dispatch(master, request);
    send(response, accepted === true ? 202 : 200, body);
  } catch (error) {
    const row = rowOf(error);
    // The client is gone before it has said all.
    if (request.destroyed && !request.complete) return;
    if (row === undefined) master.log.error(`Control socket: ${(error as Error).stack ?? String(error)}`);
    const { allowed } = (error as Partial<JunicornError>).details ?? {};
    if (allowed !== undefined) response.setHeader("Allow", allowed);
    send(response, row?.status ?? 500, { error: (error as Error).message });
  }
}

async function dispatch(master: MasterContext, request: IncomingMessage): Promise<Reply> {
  const { route, path, query } = find(request.method ?? "", request.url ?? "");
  const known = route.query ?? [];
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
    throw new JunicornError("ERR_CONTROL_REQUEST", {
      problem: `${route.method} ${route.path} has no parameter ${unknown}: ${hint}`,
    });
  }
  // Who looks why a server has changed finds it beside the signals.
  if (route.method !== "GET") master.log.info(`Handling control request: ${request.method} ${request.url}`);
  return await route.answer(master, { path, query });
}

function find(method: string, target: string): Call & { route: Route } {
  const url = parse(target);
  const matches = ROUTES.flatMap((route) => {
    const path = match(route.path, url.pathname);
    return path === null ? [] : [{ route, path, query: url.searchParams }];
  });
  // HEAD is a GET whose body Node keeps to itself.
  const found = matches.find(({ route }) => route.method === (method === "HEAD" ? "GET" : method));
  if (found !== undefined) return found;
  if (matches.length > 0) {
    const allowed = matches.map(({ route }) => route.method).join(", ");
    throw new JunicornError("ERR_CONTROL_METHOD", { path: url.pathname, allowed });
  }
  const near = nearest(
    url.pathname,
    ROUTES.map((route) => route.path),
  );
  const hint = near === undefined ? "GET / lists what there is" : `did you mean ${near}?`;
  throw new JunicornError("ERR_CONTROL_NOT_FOUND", { problem: `there is nothing at ${url.pathname}: ${hint}` });
}

function parse(target: string): URL {
  try {
    return new URL(target, "http://control");
  } catch {
    throw new JunicornError("ERR_CONTROL_REQUEST", { problem: "the request target is not a path" });
  }
}

/** What stands for the `:names` in `pattern`, or null. */
function match(pattern: string, pathname: string): Record<string, string> | null {
  const names = pattern.split("/");
  const parts = pathname.split("/").map(decode);
  if (names.length !== parts.length) return null;
  const found: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const part = parts[at] ?? "";
    if (name.startsWith(":") && part !== "") found[name.slice(1)] = part;
    else if (name !== part) return null;
  }
  return found;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray "%", which no name of ours has
  }
}

/** All is said by path and query: a body would be a misunderstanding, which should not go unnoticed. It is read as far as is polite. */
async function withoutBody(request: IncomingMessage): Promise<void> {
  const length = await new Promise<number>((resolve, reject) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_READ) resolve(bytes);
    });
    request.on("end", () => resolve(bytes));
    request.on("error", reject);
  });
  if (length > 0)
    throw new JunicornError("ERR_CONTROL_REQUEST", { problem: "parameters go into the query, not into a body" });
}

const MOST_READ = 64 * 1024;

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
  // After an error the rest of a body may still be coming: the connection is of no more use.
  response.writeHead(status, status < 400 ? headers : { ...headers, Connection: "close" }).end(text);
}
