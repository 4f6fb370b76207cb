import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { startHaproxy, startNginx } from "../support/proxies.ts";
import { RawClient } from "../support/raw-client.ts";
import { open, openSlowly, refusal, type Client } from "../support/websocket-client.ts";
import { HAS_UWS } from "../support/uws.ts";

const APP = "websocket.mjs";

async function logOf(server: Junicorn): Promise<string[]> {
  return JSON.parse((await ask(server.port, "/log")).body) as string[];
}

describe.each(["uws", "llhttp"])("WebSocket hooks on %s", (engine) => {
  let server: Junicorn;
  beforeAll(async () => {
    server = await startJunicorn({
      app: APP,
      args: ["-k", "async", "--http-engine", engine, "--access-logfile", "-"],
      shared: true,
    });
  });
  afterAll(() => server.kill());

  const connect = (path?: string, protocols?: string[], options?: object): Promise<Client> =>
    open(server.port, path, protocols, options);

  test("echoes text and bytes, empty and large ones, in order", async () => {
    const client = await connect("/");
    const large = randomBytes(3_000_000);
    const sent = ["hello", "", "žluťoučký kůň 🐎", Buffer.from([0, 255, 128]), "x".repeat(200_000), large];
    for (const message of sent) client.socket.send(message);
    for (const message of sent) {
      const echo = await client.next();
      expect(typeof echo).toBe(typeof message);
      expect(Buffer.from(echo as string).equals(Buffer.from(message as string))).toBe(true);
    }
  });

  test("puts fragmented messages together, with a ping in between", async () => {
    const client = await connect("/");
    client.socket.send("one ", { fin: false });
    client.socket.ping("now");
    client.socket.send("two ", { fin: false });
    client.socket.send("three", { fin: true });
    expect(await client.next()).toBe("one two three");
    await poll(async () => (await logOf(server)).includes("ping now"));
  });

  test("gives hooks the request, the address, the context and the namespace", async () => {
    const client = await connect("/context?x=1", [], { headers: { "User-Agent": "tester" } });
    expect(JSON.parse((await client.ask("/whoami")) as string)).toMatchObject({
      remoteAddress: "127.0.0.1",
      namespace: "people",
      context: { user: "ada" },
      url: `http://127.0.0.1:${server.port}/context?x=1`,
      agent: "tester",
    });
  });

  test("opens before the first message, and turns objects into JSON", async () => {
    const client = await connect("/greet");
    expect(await client.next()).toBe("welcome");
    expect(await client.ask("/json")).toBe('{"hello":"world"}');
  });

  test("sends the header fields and the subprotocol that the upgrade hook chooses", async () => {
    const client = await connect("/headers");
    expect(client.headers).toMatchObject({ "x-served-by": "hooks", "set-cookie": ["a=b", "c=d"] });
    expect((await connect("/protocol", ["soap", "wamp"])).socket.protocol).toBe("wamp");
    await expect(connect("/", ["soap"])).rejects.toThrow("not opened"); // the hook chose none: the client insists
  });

  test("answers with the Response that the upgrade hook returns or throws, and 500 when it fails", async () => {
    expect(await refusal(server.port, "/refused")).toMatchObject({
      status: 401,
      headers: { "www-authenticate": "Basic" },
      body: "who are you?",
    });
    expect(await refusal(server.port, "/thrown")).toMatchObject({ status: 403, body: "no" });
    expect((await refusal(server.port, "/failing")).status).toBe(500);
    await server.waitFor(/upgrade failed/);
    await server.waitFor(/"GET \/refused HTTP\/1.1" 401 12/);
  });

  test("waits for an upgrade hook that awaits, and bears a client that does not", async () => {
    const patient = connect("/slow-upgrade?ms=300");
    const gone = await RawClient.connect(server.port);
    await gone.send(handshake("/slow-upgrade?ms=50"));
    gone.destroy();
    expect(await (await patient).ask("still here?")).toBe("still here?");
  });

  test("refuses what is no proper handshake", async () => {
    // uWebSockets takes what has no proper key, or another method, for a plain request.
    const onUws = engine === "uws" && HAS_UWS;
    const cases: [what: RegExp, instead: string, status: number][] = [
      [/Version: 13/, "Version: 12", 426],
      [/^GET/, "POST", onUws ? 200 : 405],
      [/Key: \S+/, "Key: short", onUws ? 200 : 400],
    ];
    for (const [what, instead, status] of cases) {
      const client = await RawClient.connect(server.port);
      await client.send(handshake("/").replace(what, instead));
      expect([instead, (await client.read()).status]).toEqual([instead, status]);
      client.destroy();
    }
  });

  test("serves plain requests of the same app as before, other upgrades included", async () => {
    expect((await ask(server.port, "/page")).body).toBe("plain GET /page");
    const client = await RawClient.connect(server.port);
    await client.send(
      "GET /h2 HTTP/1.1\r\nHost: t\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
    );
    expect((await client.read()).body.toString()).toBe("plain GET /h2");
    await client.send("GET /after HTTP/1.1\r\nHost: t\r\n\r\n");
    expect((await client.read()).body.toString()).toBe("plain GET /after");
    client.destroy();
  });

  test("opens a WebSocket on a connection that was kept from a plain request", async () => {
    const client = await RawClient.connect(server.port);
    await client.send("GET /first HTTP/1.1\r\nHost: t\r\n\r\n");
    expect((await client.read()).body.toString()).toBe("plain GET /first");
    await client.send(handshake("/greet"));
    expect((await client.read()).status).toBe(101);
    client.destroy();
  });

  test("takes messages that come with the head, while the answer is awaited", async () => {
    const hello = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from("hello")]);
    const eager = await RawClient.connect(server.port);
    await eager.send(Buffer.concat([Buffer.from(handshake("/slow-upgrade?ms=30")), hello]));
    expect((await eager.read()).status).toBe(101);
    await poll(() => eager.pending.includes("hello"));
    eager.destroy();
  });

  test("tells close codes both ways", async () => {
    const told = async (line: string): Promise<unknown> =>
      poll(async () => (await logOf(server)).includes(line), { what: line });
    const one = await connect("/");
    one.socket.send("/close 4001 enough");
    expect(await one.end()).toEqual({ code: 4001, reason: "enough" });
    await told("close 4001 enough");

    const two = await connect("/");
    two.socket.close(4003, "bye");
    expect(await two.end()).toEqual({ code: 4003, reason: "bye" });
    await told("close 4003 bye");

    const three = await connect("/");
    three.socket.send("/close");
    expect((await three.end()).code).toBe(1005);
    await told("close 1005");

    const four = await connect("/");
    four.socket.send("/terminate");
    expect((await four.end()).code).toBe(1006);

    const five = await connect("/");
    five.socket.terminate();
    await told("close 1006");
  });

  test("publishes to fifty peers but the one that speaks, and not to those who left the topic", async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect("/room")));
    for (const client of clients) expect(await client.ask("/subscribe news")).toBe("subscribed news");
    expect(await clients[49]!.ask("/unsubscribe news")).toBe("unsubscribed news");
    const other = await connect("/another-room");
    expect(await other.ask("/subscribe news")).toBe("subscribed news");
    clients[0]!.socket.send("/publish news to all");
    for (const client of clients.slice(1, 49)) expect(await client.next()).toBe("to all");
    expect(await clients[0]!.ask("me?")).toBe("me?");
    expect(await clients[49]!.ask("me?")).toBe("me?");
    expect(await other.ask("me?")).toBe("me?");
  });

  test("a hook that throws or rejects closes its own peer with 1011, and is logged with its stack", async () => {
    const bystander = await connect("/");
    for (const command of ["/throw", "/reject"]) {
      const client = await connect("/");
      client.socket.send(command);
      expect((await client.end()).code).toBe(1011);
    }
    await server.waitFor(/Error in the WebSocket hook "message" \(\/\): Error: a hook failed\n\s+at /);
    await server.waitFor(/a hook rejected/);
    expect(await bystander.ask("alive")).toBe("alive");
  });

  test("lets the app ping, and tells it of the pong", async () => {
    const client = await connect("/");
    client.socket.send("/ping tick");
    await poll(async () => (await logOf(server)).includes("pong tick"));
    expect(client.pings).toBe(1);
  });

  test("works behind nginx and HAProxy, on connections that they keep", async () => {
    const nginx = await startNginx(server.port, {
      http: "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }",
      upstream: "keepalive 8;",
      location:
        "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;",
    });
    const haproxy = await startHaproxy(server.port);
    for (const proxy of [nginx, haproxy]) {
      for (let i = 0; i < 3; i++) expect((await ask(proxy.port, "/page")).body).toBe("plain GET /page");
      const clients = await Promise.all(Array.from({ length: 10 }, () => open(proxy.port, "/room")));
      for (const client of clients) expect(await client.ask("x".repeat(100_000))).toHaveLength(100_000);
      clients[0]!.socket.close(4000, "bye");
      expect(await clients[0]!.end()).toEqual({ code: 4000, reason: "bye" });
      expect(await refusal(proxy.port, "/refused")).toMatchObject({ status: 401, body: "who are you?" });
      expect(proxy.complaints()).toEqual([]);
    }
  });

  if (engine === "uws") {
    test("peers whose head came in pieces (and so are served by the other engine) share topics and peers", async () => {
      const fast = await connect("/mixed");
      const slow = await openSlowly(server.port, "/mixed");
      for (const client of [fast, slow]) expect(await client.ask("/subscribe mix")).toBe("subscribed mix");
      expect(await slow.ask("/peers")).toBe("2");
      fast.socket.send("/publish mix from fast");
      expect(await slow.next()).toBe("from fast");
      slow.socket.send("/publish mix from slow");
      expect(await fast.next()).toBe("from slow");
    });
  }
});

function handshake(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}
