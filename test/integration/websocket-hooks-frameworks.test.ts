import { afterAll, describe, expect, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { open, refusal } from "../support/websocket-client.ts";

const start = (app: string, ...args: string[]): Promise<Junicorn> =>
  startJunicorn({ app: `websocket-frameworks/${app}`, args });

describe.each(["uws", "llhttp"])("WebSockets of frameworks on %s", (engine) => {
  /** One server for each application: what the tests do leaves nothing behind that others would see. */
  const running = new Map<string, Promise<Junicorn>>();
  const async = (app: string): Promise<Junicorn> => {
    const args = ["-k", "async", "--http-engine", engine];
    const server = running.get(app) ?? startJunicorn({ app: `websocket-frameworks/${app}`, args, shared: true });
    running.set(app, server);
    return server;
  };
  afterAll(() => Promise.all([...running.values()].map(async (server) => (await server).kill())));

  test.each(["h3.mjs", "hono.mjs", "hono-node-server.mjs", "express.mjs", "property.mjs"])(
    "%s goes on serving plain requests",
    async (app) => {
      expect((await ask((await async(app)).port, "/")).body).toBe("plain");
    },
  );

  test("an application without hooks or upgrade listeners answers as if nobody had asked for more", async () => {
    const server = await startJunicorn({
      app: "../../../examples/express/app.js",
      args: ["-k", "async", "--http-engine", engine],
    });
    expect(await refusal(server.port, "/")).toMatchObject({ status: 200, body: (await ask(server.port, "/")).body });
  });

  test("h3: defineWebSocketHandler, with route parameters, middleware and its own upgrade hook", async () => {
    const { port } = await async("h3.mjs");
    const ada = await open(port, "/chat/tea");
    expect(ada.headers["x-room"]).toBe("tea");
    expect(await ada.next()).toBe("welcome to tea");
    const bob = await open(port, "/chat/tea");
    expect(await bob.next()).toBe("welcome to tea");
    expect(await bob.ask("milk?")).toBe("you said milk?");
    expect(await ada.next()).toBe("milk?");
    ada.socket.close(4000);
    await poll(async () => (await ask(port, "/seen")).body.includes("4000"));

    expect(await refusal(port, "/guarded/echo")).toMatchObject({ status: 401, body: "not you" });
    const guarded = await open(port, "/guarded/echo", [], { headers: { Authorization: "me" } });
    expect(await guarded.ask("in")).toBe("in");
    expect((await refusal(port, "/nowhere")).status).toBe(404);
    expect((await refusal(port, "/")).body).toBe("plain");
    expect((await ask(port, "/chat/tea")).status).toBe(426);
  });

  test("Hono: hooks left on the request by setWebSocketHooks survive middleware that makes the answer anew", async () => {
    const { port } = await async("hono.mjs");
    const client = await open(port, "/ws/ada");
    expect(await client.ask("hi")).toBe("ada: hi");
    expect(await refusal(port, "/nowhere")).toMatchObject({ status: 404, headers: { "x-rebuilt": "yes" } });
  });

  test("Hono: upgradeWebSocket of @hono/node-server, on the server that it starts", async () => {
    const { port } = await async("hono-node-server.mjs");
    const client = await open(port, "/ws/ada");
    expect(await client.next()).toBe("welcome ada");
    expect(await client.ask("hi")).toBe("hi");
  });

  test("Express: resolve takes some requests, the application answers all others", async () => {
    const { port } = await async("express.mjs");
    expect(await (await open(port, "/echo")).ask("hi")).toBe("hi");
    expect((await refusal(port, "/page")).body).toBe("page websocket");
  });

  test("hooks that are a property of the app are called as its methods", async () => {
    const { port } = await async("property.mjs");
    const client = await open(port, "/");
    expect(client.headers["x-prefix"]).toBe("echo");
    expect(await client.ask("hi")).toBe("echo hi");
  });
});

describe("the examples", () => {
  const serve = (app: string): Promise<Junicorn> =>
    startJunicorn({ app: `../../../examples/${app}`, args: ["-k", "async"] });

  test("websocket-chat", async () => {
    const { port } = await serve("websocket-chat/server.js");
    const ada = await open(port, "/?name=Ada");
    expect(await ada.next()).toBe("Welcome, Ada!");
    const bob = await open(port, "/?name=Bob");
    expect(await ada.next()).toBe("Bob has come");
    expect(await bob.next()).toBe("Welcome, Bob!");
    expect(await bob.ask("hi")).toBe("Bob: hi");
    expect(await ada.next()).toBe("Bob: hi");
    bob.socket.close();
    expect(await ada.next()).toBe("Bob has left");
    expect((await refusal(port, `/?name=${"x".repeat(41)}`)).status).toBe(400);
  });

  test("websocket-h3 and websocket-hono", async () => {
    expect(await (await open((await serve("websocket-h3/app.js")).port, "/rooms/tea")).next()).toBe("Welcome to tea!");
    expect(await (await open((await serve("websocket-hono/app.js")).port, "/echo/Ada")).next()).toBe("Hello, Ada!");
  });
});

test.each(["sync", "gthread"])("the %s class says at boot that it has no WebSockets, and answers 501", async (name) => {
  const server = await start("property.mjs", "-k", name);
  await server.waitFor(new RegExp(`exports WebSocket hooks, which the ${name} class does not serve`));
  expect((await ask(server.port, "/")).body).toBe("plain");
  expect(await refusal(server.port, "/")).toMatchObject({ status: 501 });
});
