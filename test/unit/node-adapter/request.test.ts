import type { IncomingMessage, ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { JunicornError } from "../../../src/base/errors.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { handlerOf, request, turn, type Failure } from "./run.ts";

/** What `read` returns of a request. */
async function seen<Result>(
  options: ConstructorParameters<typeof RecordingExchange>[0],
  read: (req: IncomingMessage) => Result,
): Promise<Awaited<Result>> {
  let result!: Awaited<Result>;
  await request(async (req: IncomingMessage, res: ServerResponse) => {
    result = await read(req);
    res.end();
  }, options);
  return result;
}

describe("a request", () => {
  it("shows its head as Node does", async () => {
    const headers = [
      "Host",
      "a.test",
      "Accept",
      "x",
      "accept",
      "y",
      "Cookie",
      "a=1",
      "Cookie",
      "b=2",
      "Set-Cookie",
      "s",
      "Content-Type",
      "p",
      "Content-Type",
      "q",
    ];
    const head = await seen({ method: "PUT", target: "/a?b=c", headers }, (req) => ({
      method: req.method,
      url: req.url,
      version: [req.httpVersion, req.httpVersionMajor, req.httpVersionMinor],
      headers: { ...req.headers },
      distinct: req.headersDistinct["accept"],
      raw: req.rawHeaders,
    }));
    expect(head).toEqual({
      method: "PUT",
      url: "/a?b=c",
      version: ["1.1", 1, 1],
      raw: headers,
      distinct: ["x", "y"],
      headers: { host: "a.test", accept: "x, y", cookie: "a=1; b=2", "set-cookie": ["s"], "content-type": "p" },
    });
  });

  it("shows the peer on its socket", async () => {
    const socket = await seen({ peer: { encrypted: true } }, ({ socket, connection }) => [
      socket.remoteAddress,
      socket.remotePort,
      socket.remoteFamily,
      socket.localAddress,
      socket.localPort,
      (socket as { encrypted?: boolean }).encrypted,
      connection === socket,
      socket.setNoDelay() === socket,
      socket.setKeepAlive() === socket,
    ]);
    expect(socket).toEqual(["192.0.2.1", 50000, "IPv4", "127.0.0.1", 8000, true, true, true, true]);
  });

  it("streams its body and its trailers", async () => {
    const body = [Buffer.from("one "), new Uint8Array(Buffer.from("two"))];
    const result = await seen({ method: "POST", body, trailers: ["X-Sum", "9"] }, async (req) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      return {
        text: Buffer.concat(chunks).toString(),
        buffers: chunks.every(Buffer.isBuffer),
        trailers: req.trailers,
        raw: req.rawTrailers,
        complete: req.complete,
      };
    });
    expect(result).toEqual({
      text: "one two",
      buffers: true,
      trailers: { "x-sum": "9" },
      raw: ["X-Sum", "9"],
      complete: true,
    });
  });

  it("without a body ends", async () => {
    expect(
      await seen({}, async (req) => {
        for await (const _ of req);
        return req.complete;
      }),
    ).toBe(true);
  });

  it("asks for no body, and for no 100 Continue, before the application does", async () => {
    const exchange = new RecordingExchange({
      method: "POST",
      headers: ["Expect", "100-continue"],
      body: [Buffer.from("x")],
    });
    let request!: IncomingMessage;
    let response!: ServerResponse;
    handlerOf((req: IncomingMessage, res: ServerResponse) => {
      request = req;
      response = res;
    }).handle(exchange);
    await turn();
    expect(exchange.bodyRequested).toBe(false);
    request.resume();
    await turn();
    expect(exchange.continued).toBe(true);
    response.end();
    await exchange.finished();
  });

  it("that has ended is closed, with and without listeners for that", async () => {
    for (const listens of [false, true]) {
      let closed = 0;
      const state = await seen({ method: "POST", body: [Buffer.from("x")] }, async (req) => {
        if (listens) req.on("close", () => closed++);
        await new Promise((resolve) => req.resume().on("end", resolve));
        await finished(req);
        return [req.complete, req.readableEnded, req.destroyed, req.closed, req.aborted];
      });
      expect(state).toEqual([true, true, true, true, false]);
      expect(closed).toBe(listens ? 1 : 0);
    }
  });

  it("whose text breaks off within a character shows that", async () => {
    const euro = Buffer.from("€");
    const text = await seen({ method: "POST", body: [euro, euro.subarray(0, 2)] }, (req) => {
      let text = "";
      req.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      return new Promise((resolve) => req.on("end", () => resolve(text)));
    });
    expect(text).toBe("€\ufffd");
  });

  it("whose listeners throw at its end leaves the engine alone, and is not caught", async () => {
    const others = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    try {
      const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
      const exchange = new RecordingExchange({ method: "POST", openBody: true });
      handlerOf((req: IncomingMessage) => {
        req.resume().on("end", () => JSON.parse("{"));
      }).handle(exchange);
      expect(() => exchange.endBody()).not.toThrow();
      expect(await thrown).toBeInstanceOf(SyntaxError);
    } finally {
      for (const listener of others) process.on("uncaughtException", listener as () => void);
    }
  });

  it("whose body is malformed is refused, once, whatever the application does about it", async () => {
    const handlers: ((req: IncomingMessage, res: ServerResponse) => unknown)[] = [
      (req) => req.resume(),
      (req) => req.resume().on("error", () => {}),
      async (req) => {
        for await (const _ of req);
      },
      (req, res) => req.pipe(res),
    ];
    for (const handler of handlers) {
      const failures: Failure[] = [];
      const exchange = new RecordingExchange({ method: "POST", openBody: true });
      handlerOf(handler, failures).handle(exchange);
      await turn();
      exchange.failBody(new JunicornError("ERR_REQUEST_BODY", { problem: "bad chunk size" }));
      await exchange.finished();
      await turn();
      expect(failures.map(({ error }) => (error as Error).message)).toEqual(["malformed request body: bad chunk size"]);
    }
  });

  it("stops the flow when the application does not read", async () => {
    const body = Array.from({ length: 8 }, () => Buffer.alloc(32 * 1024));
    const exchange = new RecordingExchange({ method: "POST", body });
    let request!: IncomingMessage;
    handlerOf((req: IncomingMessage, res: ServerResponse) => {
      request = req;
      req.once("data", () => req.pause());
      req.on("end", () => res.end("read"));
    }).handle(exchange);
    await turn();
    await turn();
    await turn();
    expect(exchange.paused).toBe(true);
    request.resume();
    await exchange.finished();
    expect(exchange.bodyText).toBe("read");
  });
});
