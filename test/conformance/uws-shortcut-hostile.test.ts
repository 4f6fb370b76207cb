/** What is served past uWebSockets at moments at which it is easily got wrong: while uWebSockets is at work itself, and with clients that do not read, or are gone. */

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { askKept, keptByUws } from "../support/kept.ts";
import { request, type RawClient } from "../support/raw-client.ts";
import { HAS_UWS } from "../support/uws.ts";
import { open } from "../support/websocket-client.ts";

describe.runIf(HAS_UWS)("past uWebSockets", () => {
  let server: Junicorn;
  beforeAll(async () => {
    const args = ["--worker-class", "async", "--http-engine", "uws", "--interface", "node"];
    server = await startJunicorn({ app: "./shortcut-hostile.mjs", args, shared: true });
  });
  afterAll(async () => {
    await server.kill();
    expect(server.output).not.toMatch(/\[(ERROR|CRITICAL)\]|was sent SIG/);
  });

  it("an answer that waits may begin while uWebSockets collects another", async () => {
    const waiting = await Promise.all([kept(), kept(), kept()]);
    for (const client of waiting) await client.send(request("GET /wait"));
    const teller = await kept();
    await again(teller); // by now they wait
    for (let i = 0; i < 2; i++) {
      await teller.send(request("POST /tell", { "Content-Length": "0" }));
      expect((await teller.read()).body.toString()).toBe("I told them");
      for (const client of waiting) {
        expect((await client.read()).body.toString()).toBe("told, whoever it was");
        expect(await again(client)).toBe("hello");
        await client.send(request("GET /wait"));
      }
      await again(teller);
    }
  });

  it("and while a WebSocket has a message", async () => {
    const before = await kept();
    await before.send(request("GET /wait"));
    await again(await kept());
    const socket = await open(server.port);
    const after = await kept();
    await after.send(request("GET /wait"));
    await again(await kept());
    expect(await socket.ask("a word")).toBe("heard a word");
    for (const client of [before, after]) expect((await client.read()).body.toString()).toBe("told, whoever it was");
    expect(await socket.ask("another")).toBe("heard another");
  });

  it.each(["piece", "small-piece"])(
    "a client that asks for more and reads late gets whole answers, or is cut off (%s)",
    async (path) => {
      const client = await kept();
      client.socket.pause();
      for (let i = 0; i < 1200; i++) {
        await client.send(request(`GET /${path}`)).catch(() => {});
        if (i % 4 === 0) await sleep(1);
      }
      client.socket.resume();
      for (;;) {
        const answer = await client.read().catch(() => null);
        if (answer === null || answer.cut) break;
        expect(answer.body).toHaveLength(path === "piece" ? 60 * 1024 : 12 * 1024);
      }
      expect(await again(await kept())).toBe("hello");
    },
  );

  it("one that is reset while the application has the thread costs nothing afterwards", async () => {
    for (let i = 0; i < 3; i++) {
      const client = await kept();
      await client.send(request("GET /block"));
      await sleep(50);
      client.reset();
      await ask(server.port, "/hello");
    }
    const spent = async (): Promise<number> => Number((await ask(server.port, "/cpu")).body);
    const before = await spent();
    await sleep(1000);
    expect((await spent()) - before).toBeLessThan(150_000);
  });

  it("one that reads none of many answers ends nobody's process", async () => {
    for (let i = 0; i < 4; i++) {
      const clients = await Promise.all(Array.from({ length: 20 }, kept));
      for (const client of clients) client.socket.pause();
      for (let k = 0; k < 60; k++) {
        await Promise.all(clients.map((client) => client.send(request("POST /piece", { "Content-Length": "0" }))));
      }
      for (const client of clients) client.destroy();
    }
    expect(await again(await kept())).toBe("hello");
    expect(server.output).not.toMatch(/was sent SIG/);
  });

  // --- internal ---

  function kept(): Promise<RawClient> {
    return keptByUws(server.port);
  }

  async function again(client: RawClient): Promise<string> {
    return (await askKept(client, "GET /hello")).body.toString();
  }
});
