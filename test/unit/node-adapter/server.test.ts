import http, { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { handlerOf, request, turn, type Failure } from "./run.ts";

const UPGRADE = { headers: ["Host", "a.test", "Connection", "upgrade", "Upgrade", "chat"] };

describe("a server", () => {
  it("is called through its listeners, with itself as this", async () => {
    const calls: unknown[] = [];
    const server = createServer(function (this: Server) {
      calls.push(this === server);
    });
    server.on("request", (_req, res) => {
      calls.push("second");
      res.end("x");
    });
    expect((await request(server)).bodyText).toBe("x");
    expect(calls).toEqual([true, "second"]);
  });

  it("runs listeners added after it was adopted, and those of once() once", async () => {
    const server = createServer();
    const handler = handlerOf(server);
    let calls = 0;
    server.once("request", () => {
      calls++;
    });
    server.on("request", (_req, res) => {
      res.end();
    });
    for (let i = 0; i < 2; i++) {
      const exchange = new RecordingExchange();
      handler.handle(exchange);
      await exchange.finished();
    }
    expect(calls).toBe(1);
  });

  it("has its replaced emit() called", async () => {
    const events: string[] = [];
    const server = createServer((_req, res) => {
      res.end("traced");
    });
    const emit = server.emit;
    server.emit = function (this: Server, event: string, ...args: unknown[]) {
      events.push(event);
      return (emit as (...all: unknown[]) => boolean).call(this, event, ...args);
    } as typeof emit;
    expect((await request(server)).bodyText).toBe("traced");
    expect(events).toContain("request");
  });

  it("without a listener fails the request rather than leaving it open", async () => {
    const failures: Failure[] = [];
    expect((await request(createServer(), {}, failures)).status).toBe(500);
    expect((failures[0]!.error as Error).message).toMatch(/no "request" listener/);
  });

  it("reports the rejection of an async listener", async () => {
    const failures: Failure[] = [];
    await request(
      createServer(async () => {
        throw new Error("boom");
      }),
      {},
      failures,
    );
    expect(failures).toHaveLength(1);
  });

  it("uses its own message classes", async () => {
    class Req extends http.IncomingMessage {
      get shout(): string {
        return this.url!.toUpperCase();
      }
    }
    class Res extends http.ServerResponse<IncomingMessage> {
      override end(...args: unknown[]): this {
        return (super.end as (...all: unknown[]) => this)(`${String(args[0])}!`);
      }
    }
    const server = createServer(
      { IncomingMessage: Req, ServerResponse: Res as unknown as typeof ServerResponse },
      (req, res) => {
        res.end(`${(req as Req).shout} ${req instanceof Req} ${res instanceof Res}`);
      },
    );
    expect((await request(server, { target: "/loud" })).bodyText).toBe("/LOUD true true!");
  });

  it("asks checkContinue, checkExpectation", async () => {
    const server = createServer((_req, res) => {
      res.end("request");
    });
    const expecting = { method: "POST", body: [Buffer.from("x")], headers: ["Expect", "100-continue"] };
    expect((await request(server, expecting)).bodyText).toBe("request");
    server.on("checkContinue", (_req, res) => {
      res.writeContinue();
      res.end("checked");
    });
    const checked = await request(server, expecting);
    expect([checked.bodyText, checked.informed.map(({ status }) => status)]).toEqual(["checked", [100]]);
  });

  it("applies its timeout", async () => {
    const server = createServer(() => {});
    server.setTimeout(1);
    expect(await request(server)).toMatchObject({ aborted: true });
  });
});

describe("an upgrade", () => {
  it("goes to the upgrade listeners with the raw socket", async () => {
    const server = createServer((_req, res) => {
      res.end("not upgraded");
    });
    const seen = new Promise<unknown[]>((resolve) => {
      server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) =>
        resolve([(req as { upgrade?: boolean }).upgrade, req.headers.upgrade, req.socket === socket, head.length]),
      );
    });
    handlerOf(server).handle(new RecordingExchange(UPGRADE));
    expect(await seen).toEqual([true, "chat", true, 0]);
  });

  it("is served as a request when nobody listens", async () => {
    expect(
      (
        await request(
          createServer((_req, res) => {
            res.end("plain");
          }),
          UPGRADE,
        )
      ).bodyText,
    ).toBe("plain");
    expect((await request((_req: IncomingMessage, res: ServerResponse) => res.end("plain"), UPGRADE)).bodyText).toBe(
      "plain",
    );
  });

  it("by CONNECT goes to connect listeners, or is declined", async () => {
    const server = createServer();
    const connect = { method: "CONNECT", target: "a.test:443", headers: ["Host", "a.test", "Upgrade", "x"] };
    expect((await request(server, connect)).status).toBe(405);
    const seen = new Promise((resolve) => server.on("connect", (req: IncomingMessage) => resolve(req.url)));
    handlerOf(server).handle(new RecordingExchange(connect));
    expect(await seen).toBe("a.test:443");
  });

  it("that fails in its listener is reported", async () => {
    const failures: Failure[] = [];
    const server = createServer();
    server.on("upgrade", () => {
      throw new Error("boom");
    });
    handlerOf(server, failures).handle(new RecordingExchange(UPGRADE));
    await turn();
    expect(failures).toHaveLength(1);
  });
});
