/** Telling servers of Node's from other values; apart from the adapter, which only those load who have one. */

import { Server as HttpServer } from "node:http";
import { Server as HttpsServer } from "node:https";

/** True for the servers of node:http and node:https. */
export function isServer(value: unknown): value is HttpServer {
  return value instanceof HttpServer || value instanceof HttpsServer;
}
