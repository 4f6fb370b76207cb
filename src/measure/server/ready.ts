/** Whether somebody answers, and where nobody listens yet. */

import { randomInt } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";

/** Where a server listens: a port of 127.0.0.1, or the path of a unix socket. */
export type Endpoint = number | string;

export interface Readiness {
  readonly path?: string | undefined;
  /** Whether a status will do; without it any does but 5xx. */
  readonly accepts?: (status: number) => boolean;
}

/** As Junicorn and Gunicorn take it. */
export function bindOf(at: Endpoint): string {
  return typeof at === "string" ? `unix:${at}` : `127.0.0.1:${at}`;
}

export function connectTo(at: Endpoint): Socket {
  return typeof at === "string" ? connect(at) : connect({ port: at, host: "127.0.0.1", noDelay: true });
}

/** A port that is free now, and below those that the kernel gives to clients: one of them may have another by the time that the server wants it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, LOWEST_OF_CLIENTS);
    if (await canListen(port)) return port;
  }
}

/** Asks once, on a connection of its own. */
export async function answers(
  at: Endpoint,
  { path = "/", accepts = (status) => status < 500 }: Readiness = {},
): Promise<boolean> {
  const { status } = await ask(at, path);
  return status !== null && accepts(status);
}

export interface Answer {
  /** null: no answer. */
  readonly status: number | null;
  /** Head and body, as they came. */
  readonly text: string;
}

/** One GET, for its answer, as far as that comes within five seconds. */
export function ask(at: Endpoint, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connectTo(at);
    let text = "";
    socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy());
    socket.on("connect", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`));
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      if (text.length < MOST_OF_ANSWER) text += chunk;
      else socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      resolve({ status: status === undefined ? null : Number(status), text });
    });
  });
}

// --- internal ---

const LOWEST_PORT = 10_000;
/** Linux' default; where it is set otherwise, only the chance is less. */
const LOWEST_OF_CLIENTS = 32_768;

/** For a moment. */
async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}

const ANSWER_WITHIN_MS = 5000;
const MOST_OF_ANSWER = 4096;
