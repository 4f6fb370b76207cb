/** A mixed load by strict clients: each request is sent once, and each answer must be exactly its own. */

import { RawClient, request, type RawResponse } from "./raw-client.ts";
import { valueOf } from "./response-parser.ts";

export interface LoadReport {
  readonly sent: number;
  /** What was wrong with an answer, or in place of one. */
  readonly failures: string[];
}

interface Call {
  readonly method: string;
  readonly bytes: string;
  readonly status: number;
  /** What the body must be. */
  readonly body: string;
}

/** `count` requests over `clients` connections, which are renewed when the server says that it closes one. */
export async function mixedLoad(port: number, { count = 20_000, clients = 32 } = {}): Promise<LoadReport> {
  const failures: string[] = [];
  let sent = 0;
  const run = async (): Promise<void> => {
    let client: RawClient | null = null;
    while (sent < count) {
      const id = sent++;
      const { method, bytes, status, body } = callFor(id);
      try {
        client ??= await RawClient.connect(port);
        await client.send(bytes);
        const answer = await client.read(method, 20_000);
        const problem = problemOf(answer, id, status, body);
        if (problem !== null) failures.push(`request ${id} (${bytes.split("\r\n", 1)[0]}): ${problem}`);
        if (!closes(answer)) continue;
      } catch (error) {
        failures.push(`request ${id} (${bytes.split("\r\n", 1)[0]}): ${(error as Error).message}`);
      }
      client?.destroy();
      client = null;
    }
    client?.destroy();
  };
  await Promise.all(Array.from({ length: clients }, run));
  return { sent, failures };
}

// --- internal ---

const LETTERS = "abcdefghijklmnopqrstuvwxyz\n".repeat(40_000);

/** Every kind comes once in ten requests, with sizes that wander. */
function callFor(id: number): Call {
  const size = (id * 7919) % 3000;
  switch (id % 10) {
    case 0:
      return call(id, "GET /hello", "hello");
    case 1:
      return call(id, "POST /echo", LETTERS.slice(0, size), LETTERS.slice(0, size));
    case 2:
      return call(id, "POST /echo", LETTERS.slice(0, size), LETTERS.slice(0, size), "chunked");
    case 3:
      return call(id, "HEAD /hello", "");
    case 4:
      return { ...call(id, "DELETE /empty", ""), status: 204 };
    case 5:
      return call(id, "GET /stream?parts=4", "part 0\npart 1\npart 2\npart 3\n");
    case 6:
      return call(id, `GET /slow?ms=${id % 30}`, "slow");
    case 7:
      return call(id, `GET /large?bytes=${size * 30}`, LETTERS.slice(0, size * 30));
    case 8:
      return call(id, "PUT /unread", "not read", LETTERS.slice(0, size));
    default:
      return call(id, "POST /echo", LETTERS.slice(0, size * 20), LETTERS.slice(0, size * 20));
  }
}

function call(id: number, line: string, body: string, sending = "", framing = "length"): Call {
  const fields = { "X-Id": String(id) };
  const method = line.split(" ", 1)[0]!;
  const bytes =
    framing === "length"
      ? request(line, fields, sending)
      : request(line, { ...fields, "Transfer-Encoding": "chunked" }) + chunked(sending);
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

function problemOf(answer: RawResponse, id: number, status: number, body: string): string | null {
  if (answer.status !== status) return `status ${answer.status} ${answer.reason}`;
  if (answer.cut) return `cut after ${answer.body.length} bytes`;
  if (valueOf(answer, "x-id") !== String(id)) return `the answer to ${valueOf(answer, "x-id")}`;
  const text = answer.body.toString("latin1");
  return text === body ? null : `${text.length} bytes of body that should be ${body.length}`;
}

function closes(answer: RawResponse): boolean {
  return valueOf(answer, "connection")?.toLowerCase() === "close" || answer.framing === "close";
}
