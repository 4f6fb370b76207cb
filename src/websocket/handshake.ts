/** The opening handshake, as far as it does not matter which engine speaks (RFC 6455, 4.2.1). */

import type { Exchange, HeaderList } from "../http/exchange.ts";

/** Does the client ask for a WebSocket, rightly or not? */
export function asksForWebSocket(exchange: Exchange): boolean {
  return fieldOf(exchange.rawHeaders, "upgrade").toLowerCase() === "websocket";
}

export interface HandshakeProblem {
  readonly status: number;
  readonly headers: HeaderList;
  readonly reason: string;
}

/** What is wrong with a request that asks for one; null: nothing. */
export function handshakeProblem({ method, rawHeaders, hasBody }: Exchange): HandshakeProblem | null {
  if (method !== "GET") return problem(405, "a WebSocket is asked for with GET", ["Allow", "GET"]);
  const version = fieldOf(rawHeaders, "sec-websocket-version");
  if (version !== "13") {
    return problem(426, "this server speaks version 13 of WebSocket", [
      "Sec-WebSocket-Version",
      "13",
      "Upgrade",
      "websocket",
    ]);
  }
  if (!KEY.test(fieldOf(rawHeaders, "sec-websocket-key")))
    return problem(400, "Sec-WebSocket-Key is missing or malformed");
  if (hasBody) return problem(400, "a request for a WebSocket has no body");
  return null;
}

/** Value of the first such field, or "". */
export function fieldOf(headers: HeaderList, lowerCaseName: string): string {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) return headers[i + 1]!;
  }
  return "";
}

// --- internal ---

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

function problem(status: number, reason: string, headers: HeaderList = []): HandshakeProblem {
  return { status, reason, headers: ["Connection", "close", ...headers] };
}
