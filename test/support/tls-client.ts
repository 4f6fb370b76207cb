/** TLS connections for tests: sockets, and requests over connections of their own or kept ones. */

import { once } from "node:events";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { connect as connectPlain, createServer, type AddressInfo, type Server } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";

/** A TLS connection to a port of 127.0.0.1, whose handshake is done. Rejects with what went wrong. */
export async function secure(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, servername: "localhost", ...options });
  await once(socket, "secureConnect");
  return socket;
}

/** The first bytes that a TLS client with these options sends. */
export async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ socket: connectPlain(port, "127.0.0.1"), ...options }).on("error", () => {});
  const [socket] = (await once(server, "connection")) as [NodeJS.ReadableStream];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  server.close();
  return bytes;
}

/** A client's first message in two parts: one record after a hundred bytes, or two records. */
const PARTS = {
  "a record": (hello: Buffer): Buffer[] => [hello.subarray(0, 100), hello.subarray(100)],
  "two records": (hello: Buffer): Buffer[] =>
    [hello.subarray(5, 100), hello.subarray(100)].map((part) => {
      const head = Buffer.from(hello.subarray(0, 5));
      head.writeUInt16BE(part.length, 3);
      return Buffer.concat([head, part]);
    }),
};

/** Passes connections on to `port` until the test ends, with a pause in the middle of the first message. It does not listen yet. */
export function startRelay(port: number, pauseMs: number, form: keyof typeof PARTS = "a record"): Server {
  const relay = createServer((client) => {
    const server = connectPlain(port, "127.0.0.1");
    server.setNoDelay();
    for (const socket of [client, server])
      socket.on("error", () => {}).on("close", () => [client, server].map((each) => each.destroy()));
    server.pipe(client);
    client.once("data", (first: Buffer) => {
      client.pause();
      const [begin, end] = PARTS[form](first);
      server.write(begin!);
      setTimeout(() => {
        server.write(end!);
        client.pipe(server);
      }, pauseMs);
    });
  });
  onTestFinished(() => void relay.close());
  return relay;
}

export interface Fetched {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** One request. Without an agent it has a connection of its own. */
export function fetchOver(
  port: number,
  path: string,
  options: RequestOptions & { body?: string } = {},
): Promise<Fetched> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const defaults = {
      host: "127.0.0.1",
      port,
      path,
      agent: false as const,
      rejectUnauthorized: false,
      servername: "localhost",
    };
    const request = httpsRequest({ ...defaults, ...rest }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}
