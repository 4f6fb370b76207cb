/** Whether somebody answers, and where nobody listens yet. */

import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { JunicornError } from "../../base/errors.ts";

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

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Throws ERR_MEASURED_SERVER if somebody listens on the port: what is measured would be the wrong server. */
export async function mustBeFree(port: number): Promise<void> {
  const server = createServer();
  const outcome = await new Promise<Error | null>((resolve) => {
    server.once("error", resolve).listen(port, "127.0.0.1", () => resolve(null));
  });
  server.close();
  if (outcome === null) return;
  const problem = `the port 127.0.0.1:${port} cannot be had (${outcome.message}): stop what listens there, or name another port`;
  throw new JunicornError("ERR_MEASURED_SERVER", { problem });
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

const ANSWER_WITHIN_MS = 5000;
const MOST_OF_ANSWER = 4096;
