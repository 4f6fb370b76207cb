/**
 * What we use of `node:http`. It is required here and nowhere imported: to import it, Node 22 and newer read all that it exports, and so load their own
 * `fetch` with it, 10 MiB in every process.
 */

import type * as http from "node:http";
import { createRequire } from "node:module";

export const {
  createServer,
  IncomingMessage,
  METHODS,
  request,
  Server,
  ServerResponse,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
} = createRequire(import.meta.url)("node:http") as typeof http;

export type IncomingMessage = http.IncomingMessage;
export type Server = http.Server;
export type ServerResponse = http.ServerResponse;
