/** WebSocket clients for tests, over the `ws` package: what came in is kept, so that nothing is missed between two awaits. */

import { connect as connectSocket, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { WebSocket, type ClientOptions } from "ws";
import { PATIENCE_MS, poll } from "./poll.ts";

export interface Closed {
  code: number;
  reason: string;
}

export class Client {
  readonly socket: WebSocket;
  /** Messages not taken yet: text as a string. */
  readonly messages: (string | Buffer)[] = [];
  /** Header fields of the 101 answer. */
  headers: NodeJS.Dict<string | string[]> = {};
  closed: Closed | null = null;
  pings = 0;

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    const socket = (this.socket = new WebSocket(url, protocols, options));
    socket.on("upgrade", (response) => (this.headers = response.headers));
    socket.on("message", (data: Buffer, isBinary) => this.messages.push(isBinary ? data : data.toString()));
    socket.on("ping", () => this.pings++);
    socket.on("error", () => {}); // a close follows
    socket.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }));
    onTestFinished(() => socket.terminate());
  }

  /** Resolves with the next message. */
  async next(timeout = PATIENCE_MS): Promise<string | Buffer> {
    await poll(() => this.messages.length > 0 || this.closed !== null, { timeout, what: "a message" });
    const message = this.messages.shift();
    if (message === undefined) throw new Error(`closed without a message: ${JSON.stringify(this.closed)}`);
    return message;
  }

  async ask(message: string): Promise<string | Buffer> {
    this.socket.send(message);
    return this.next();
  }

  end(timeout = PATIENCE_MS): Promise<Closed> {
    return poll(() => this.closed, { timeout, what: "the close" });
  }
}

/** Resolves once it is open. */
export async function open(
  port: number,
  path = "/",
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<Client> {
  const client = new Client(`ws://127.0.0.1:${port}${path}`, protocols, options);
  await poll(() => client.socket.readyState === WebSocket.OPEN || client.closed !== null, {
    what: "an open WebSocket",
  });
  if (client.closed !== null) throw new Error(`not opened: ${JSON.stringify(client.closed)}`);
  return client;
}

/** The HTTP answer to a WebSocket that was not opened. */
export function refusal(
  port: number,
  path: string,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => reject(new Error("it was opened")));
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
  });
}

/** A client whose head arrives in two pieces. */
export function openSlowly(port: number, path = "/"): Promise<Client> {
  return open(port, path, [], {
    createConnection: () => {
      const socket = connectSocket(port, "127.0.0.1");
      splitFirstWrite(socket);
      return socket;
    },
  });
}

// --- internal ---

function splitFirstWrite(socket: Socket): void {
  const write = socket.write.bind(socket) as (data: string | Buffer) => boolean;
  let first = true;
  socket.setNoDelay(true);
  socket.write = ((data: string | Buffer, ...rest: unknown[]): boolean => {
    if (!first) return (write as (...all: unknown[]) => boolean)(data, ...rest);
    first = false;
    const bytes = Buffer.from(data as string);
    write(bytes.subarray(0, 10));
    void sleep(60).then(() => write(bytes.subarray(10)));
    return true;
  }) as Socket["write"];
}
