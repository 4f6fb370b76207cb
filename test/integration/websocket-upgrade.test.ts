/** WebSockets of unmodified servers: `ws` and Socket.IO attached to a captured http.Server. */

import { once } from "node:events";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { backlogOf } from "../support/backlog.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { startNginx } from "../support/proxies.ts";
import { RawClient, request } from "../support/raw-client.ts";

async function start(app: string, ...args: string[]): Promise<Junicorn> {
  const server = await startJunicorn({ app, args: ["-k", "async", ...args] });
  await server.waitFor(/ready after/);
  return server;
}

/** A client that keeps what it hears; its first message says who serves it. */
class Client {
  readonly socket: WebSocket;
  readonly heard: { data: Buffer; isBinary: boolean }[] = [];
  closed: { code: number; reason: string } | null = null;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("message", (data, isBinary) => this.heard.push({ data: data as Buffer, isBinary }));
    this.socket.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }));
    onTestFinished(() => this.socket.terminate());
  }

  static async open(url: string): Promise<Client & { hello: { url: string; from: string; pid: number } }> {
    const client = new Client(url);
    await once(client.socket, "open");
    const hello = JSON.parse((await client.next()).toString()) as { url: string; from: string; pid: number };
    return Object.assign(client, { hello });
  }

  async next(): Promise<Buffer> {
    await poll(() => this.heard.length > 0, { what: "a message" });
    return this.heard.shift()!.data;
  }
}

const urlOf = (server: Junicorn, path = "/chat?x=1"): string => `ws://127.0.0.1:${server.port}${path}`;

describe.each(["auto", "llhttp"])("ws, --http-engine %s", (engine) => {
  let server: Junicorn;
  beforeAll(async () => {
    server = await startJunicorn({
      app: "websockets.mjs",
      args: ["-k", "async", "--http-engine", engine],
      shared: true,
    });
    await server.waitFor(/ready after/);
  });
  afterAll(() => server.kill());

  test("messages come back as they were sent: text, binary, empty, compressed and large ones", async () => {
    const client = await Client.open(urlOf(server));
    expect(client.hello).toEqual({ url: "/chat?x=1", from: "127.0.0.1", pid: server.workers[0] });
    const messages = [
      "hello",
      "",
      "ü€😀".repeat(100),
      Buffer.from([0, 255, 1]),
      "a".repeat(1 << 20),
      Buffer.alloc(3 << 20, 7),
    ];
    for (const message of messages) client.socket.send(message);
    for (const message of messages) {
      await poll(() => client.heard.length > 0);
      const { data, isBinary } = client.heard.shift()!;
      expect(isBinary).toBe(typeof message !== "string");
      expect(data.equals(Buffer.from(message))).toBe(true);
    }
  });

  test("a message to all reaches everybody, once and in order", async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => Client.open(urlOf(server))));
    for (let i = 0; i < 20; i++) clients[i]!.socket.send(`all ${i % 2}`);
    for (let i = 0; i < 20; i++) clients[0]!.socket.send(`all ${i}`);
    const last = (client: Client): string => client.heard.at(-1)?.data.toString() ?? "";
    await poll(() => clients.every((client) => last(client) === "all 19"));
    expect(clients.map((client) => client.heard.length)).toEqual(Array(50).fill(40));
    const fromFirst = clients[7]!.heard.slice(-10).map(({ data }) => data.toString());
    expect(fromFirst).toEqual(Array.from({ length: 10 }, (_, i) => `all ${i + 10}`));
  });

  test("close codes and reasons pass both ways", async () => {
    // Of its own: its log tells of no other connections.
    const server = await start("websockets.mjs", "--http-engine", engine);
    const asks = await Client.open(urlOf(server));
    asks.socket.send("close 4001");
    await poll(() => asks.closed);
    expect(asks.closed).toEqual({ code: 4001, reason: "as asked" });
    const leaves = await Client.open(urlOf(server));
    leaves.socket.close(4002, "enough");
    await server.waitFor(/closed with 4002/);
    const cut = await Client.open(urlOf(server));
    cut.socket.send("cut");
    await poll(() => cut.closed);
    expect(cut.closed?.code).toBe(1006);
    const vanishes = await Client.open(urlOf(server));
    vanishes.socket.terminate();
    await server.waitFor(/closed with 1006/);
  });

  test("the application may refuse", async () => {
    const client = new Client(urlOf(server, "/refused"));
    const [error] = (await once(client.socket, "error")) as [Error];
    expect(error.message).toBe("Unexpected server response: 403");
  });

  test("a connection may be used for plain requests before it is upgraded", async () => {
    const raw = await RawClient.connect(server.port);
    onTestFinished(() => raw.destroy());
    await raw.send(request("GET /"));
    expect((await raw.read()).body.toString()).toMatch(/^plain GET 0/);
    await raw.send(request("POST /", {}, "12345"));
    expect((await raw.read()).body.toString()).toMatch(/^plain POST 5/);
    await raw.send(handshake("/later"));
    expect((await raw.read()).status).toBe(101);
    expect((await raw.readBytes(10)).toString("latin1")).toContain('"url":"/later"');
  });

  test("frames that come with the handshake in one segment are not lost", async () => {
    const raw = await RawClient.connect(server.port);
    onTestFinished(() => raw.destroy());
    // "hi", masked with zeros.
    await raw.send(`${handshake("/")}\x81\x82\0\0\0\0hi`);
    expect((await raw.read()).status).toBe(101);
    await poll(() => raw.pending.includes(Buffer.from("\x81\x02hi", "latin1")));
  });
});

test.each([
  ["ws", "websockets.mjs", "auto"],
  ["ws", "websockets.mjs", "llhttp"],
  ["hooks", "websocket.mjs", "auto"],
  ["hooks", "websocket.mjs", "llhttp"],
])(
  "%s in %s on %s: WebSockets and plain requests share the connections that nginx keeps",
  async (_name, app, engine) => {
    const server = await start(app, "--http-engine", engine);
    const location = `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade; proxy_set_header Host $host;`;
    const http = 'map $http_upgrade $connection_upgrade { default upgrade; "" ""; }';
    const { port, complaints } = await startNginx(server.port, { upstream: "keepalive 4;", location, http });
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 3; j++) {
        const answer = await fetch(`http://127.0.0.1:${port}/`);
        expect(await answer.text()).toMatch(/^plain GET/);
      }
      const client = new Client(`ws://127.0.0.1:${port}/`);
      await once(client.socket, "open");
      client.socket.send("through");
      await poll(() => client.heard.at(-1)?.data.toString() === "through");
      client.socket.close();
      await poll(() => client.closed);
    }
    expect(complaints()).toEqual([]);
  },
);

describe("the worker", () => {
  test("open WebSockets count as connections, and leave the cap as they close", async () => {
    const server = await start("websockets.mjs", "--worker-connections", "5");
    const five = await Promise.all(Array.from({ length: 5 }, () => Client.open(urlOf(server))));
    const sixth = new Client(urlOf(server));
    const opened = once(sixth.socket, "open");
    await poll(() => backlogOf(server.port) === 1);
    expect(await echo(five[0]!)).toBe("echo");
    expect(sixth.socket.readyState).toBe(WebSocket.CONNECTING);
    five[0]!.socket.close();
    await opened;
  });

  test("a graceful stop gives WebSockets the grace period, and then ends them", async () => {
    const server = await start("websockets.mjs", "--graceful-timeout", "1");
    const client = await Client.open(urlOf(server));
    server.signal("SIGTERM");
    client.socket.send("still here");
    expect((await client.next()).toString()).toBe("still here");
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    await poll(() => client.closed);
  });
});

test.each(["sync", "gthread"])(
  "the %s class serves no WebSockets, says so, and answers the request",
  async (workerClass) => {
    const server = await start("websockets.mjs", "-k", workerClass, "-w", "1");
    const client = new Client(urlOf(server));
    const [error] = (await once(client.socket, "error")) as [Error];
    expect(error.message).toBe("Unexpected server response: 200");
    await server.waitFor(/WARNING.*WebSockets?.*async/);
    expect(await (await fetch(server.origin)).text()).toMatch(/^plain GET/);
  },
);

describe("Socket.IO", () => {
  /** Resolves once it is connected. */
  async function connect(server: Junicorn, transports?: string[]): Promise<Socket> {
    const socket = io(server.origin, { forceNew: true, reconnection: false, ...(transports && { transports }) });
    onTestFinished(() => void socket.disconnect());
    await new Promise<void>((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
    });
    return socket;
  }

  const ask = (socket: Socket, ...args: unknown[]): Promise<unknown> =>
    new Promise((resolve) => void socket.emit("echo", ...args, resolve));

  const news = (socket: Socket): Promise<string> => new Promise((resolve) => void socket.once("news", resolve));

  test.each([
    ["polling alone", ["polling"], "polling"],
    ["WebSocket alone", ["websocket"], "websocket"],
    ["polling, then WebSocket", undefined, "websocket"],
  ])("%s", async (_name, transports, final) => {
    const server = await start("socket-io.mjs", "-w", "1");
    const [one, two] = [await connect(server, transports), await connect(server, transports)];
    expect(await ask(one, "text")).toBe("text");
    expect(await ask(one, Buffer.alloc(100_000, 1))).toEqual(Buffer.alloc(100_000, 1));
    await poll(() => one.io.engine.transport.name === final && two.io.engine.transport.name === final);
    const heard = Promise.all([news(one), news(two)]);
    one.emit("to everybody", "all hands");
    expect(await heard).toEqual(["all hands", "all hands"]);
    await new Promise<void>((resolve) => void two.emit("join", "room", resolve));
    const inRoom = news(two);
    one.emit("to room", "room", "whisper");
    expect(await inRoom).toBe("whisper");
    expect(server.output).not.toMatch(/WARNING|ERROR/);
  });

  test("many clients by polling and by WebSocket at once all hear everything", async () => {
    const server = await start("socket-io.mjs", "-w", "1");
    const sockets = await Promise.all(
      Array.from({ length: 30 }, (_, i) => connect(server, [i % 2 === 0 ? "polling" : "websocket"])),
    );
    const heard = sockets.map(() => [] as string[]);
    for (const [i, socket] of sockets.entries()) socket.on("news", (text: string) => heard[i]!.push(text));
    for (let i = 0; i < 20; i++) sockets[i]!.emit("to everybody", String(i));
    await poll(() => heard.every((list) => list.length === 20));
    for (const list of heard) expect(new Set(list).size).toBe(20);
  });

  test("a server that stops ends polling and WebSocket clients alike", async () => {
    const server = await start("socket-io.mjs", "-w", "1", "--graceful-timeout", "1");
    const sockets = [await connect(server, ["polling"]), await connect(server, ["websocket"])];
    server.signal("SIGTERM");
    expect(await server.exited()).toEqual({ code: 0, signal: null });
    await poll(() => sockets.every((socket) => !socket.connected));
  });
});

// --- internal ---

function handshake(path: string): string {
  return request(`GET ${path}`, {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  });
}

/** A round trip to a client's own worker. */
async function echo(client: Client): Promise<string> {
  client.socket.send("echo");
  return (await client.next()).toString();
}
