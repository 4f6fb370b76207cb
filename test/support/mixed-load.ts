/** A mixed load by strict clients on apps/proxied.mjs: short and long, streamed and not, with bodies and without. */

import { request, type Target } from "./raw-client.ts";
import { describeLosses, Load, type Call, type LoadOptions } from "./strict-client.ts";

/** `count` requests over `clients` connections, which are renewed when the server says that it closes one. `failures` has a line for each. */
export async function mixedLoad(
  target: Target,
  { count = 20_000, clients = 32 } = {},
): Promise<{ sent: number; failures: string[] }> {
  const { sent, lost } = await startMixedLoad(target, { count, clients }).finished();
  return { sent, failures: lost.map((entry) => describeLosses([entry])) };
}

/** The same for as long as it is wanted. */
export function startMixedLoad(target: Target, options: Omit<LoadOptions, "target" | "call">): Load {
  return new Load({ ...options, target, call: mixedCall });
}

/** Mostly a moment between two requests of a client, and now and then a while. */
export function steadyPause(): number {
  return Math.random() < 0.1 ? Math.random() * 400 : Math.random() * 20;
}

/** A request that is answered after `ms`. */
export function slowCall(id: number, last: boolean, ms: number): Call {
  return call(id, last, `GET /slow?ms=${ms}`, "slow");
}

// --- internal ---

const LETTERS = "abcdefghijklmnopqrstuvwxyz\n".repeat(40_000);

/** Every kind comes once in ten requests, with sizes that wander. */
function mixedCall(id: number, last: boolean): Call {
  const size = (id * 7919) % 3000;
  const ask = call.bind(null, id, last);
  switch (id % 10) {
    case 0:
      return ask("GET /hello", "hello");
    case 1:
      return ask("POST /echo", LETTERS.slice(0, size), LETTERS.slice(0, size));
    case 2:
      return ask("POST /echo", LETTERS.slice(0, size), LETTERS.slice(0, size), "chunked");
    case 3:
      return ask("HEAD /hello", "");
    case 4:
      return { ...ask("DELETE /empty", ""), status: 204 };
    case 5:
      return ask("GET /stream?parts=4", "part 0\npart 1\npart 2\npart 3\n");
    case 6:
      return slowCall(id, last, id % 30);
    case 7:
      return ask(`GET /large?bytes=${size * 30}`, LETTERS.slice(0, size * 30));
    case 8:
      return ask("PUT /unread", "not read", LETTERS.slice(0, size));
    default:
      return ask("POST /echo", LETTERS.slice(0, size * 20), LETTERS.slice(0, size * 20));
  }
}

function call(id: number, last: boolean, line: string, body: string, sending = "", framing = "length"): Call {
  const fields = { "X-Id": String(id), ...(last ? { Connection: "close" } : {}) };
  const [method = "", path = ""] = line.split(" ");
  // The id is in the path as well, where logs show it.
  const start = `${method} ${path}${path.includes("?") ? "&" : "?"}id=${id}`;
  const bytes =
    framing === "length"
      ? request(start, fields, sending)
      : request(start, { ...fields, "Transfer-Encoding": "chunked" }) + chunked(sending);
  return { method, bytes, status: 200, body };
}

function chunked(text: string): string {
  let pieces = "";
  for (let at = 0; at < text.length; at += 1000) {
    const piece = text.slice(at, at + 1000);
    pieces += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${pieces}0\r\n\r\n`;
}
