/** Telling servers of Node's from other values; apart from the adapter, which only those load who have one. */

import { Server as HttpServer } from "../../base/node-http.ts";
import { createRequire } from "node:module";
import { Server as NetServer } from "node:net";

/** True for the servers of node:http and node:https. */
export function isServer(value: unknown): value is HttpServer {
  if (value instanceof HttpServer) return true;
  // Loaded only where it is loaded already, most likely: with TLS and crypto it takes each thread of a pool 1 MiB.
  return value instanceof NetServer && value instanceof https().Server;
}

// --- internal ---

function https(): typeof import("node:https") {
  return createRequire(import.meta.url)("node:https") as typeof import("node:https");
}
