/** The events of a request's end, held against Node's own server: the same handler runs on both. */

import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { poll } from "../../support/poll.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { handlerOf, turn } from "./run.ts";

type Handler = (req: IncomingMessage, res: ServerResponse, note: (event: string) => void) => unknown;

function watch(handler: Handler, events: string[]): (req: IncomingMessage, res: ServerResponse) => unknown {
  const note = (event: string): void => void events.push(event);
  return (req, res) => {
    for (const event of ["aborted", "end", "close"]) req.on(event, () => note(`req ${event}`));
    for (const event of ["prefinish", "finish", "close"]) res.on(event, () => note(`res ${event}`));
    return handler(req, res, note);
  };
}

interface Scenario {
  method?: string;
  body?: string;
  /** The client goes away once this event was seen. */
  leaveAfter?: string;
  /** The last event of Node's. */
  last: string;
}

async function onNode(handler: Handler, { method = "GET", body, leaveAfter, last }: Scenario): Promise<string[]> {
  const events: string[] = [];
  const server = createServer(watch(handler, events));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const client = send({ port, host: "127.0.0.1", method }, (answer) => answer.on("error", () => {}).resume());
  client.on("error", () => {});
  client.end(body);
  if (leaveAfter) await poll(() => events.includes(leaveAfter));
  if (leaveAfter) client.destroy();
  await poll(() => events.includes(last));
  await turn();
  server.close();
  server.closeAllConnections();
  return events;
}

async function onJunicorn(handler: Handler, { method = "GET", body, leaveAfter, last }: Scenario): Promise<string[]> {
  const events: string[] = [];
  const exchange = new RecordingExchange({ method, ...(body === undefined ? {} : { body: [Buffer.from(body)] }) });
  handlerOf(watch(handler, events)).handle(exchange);
  if (leaveAfter) {
    await poll(() => events.includes(leaveAfter));
    exchange.clientGone();
  }
  await poll(() => events.includes(last));
  await turn();
  return events;
}

describe("events come in Node's order", () => {
  it.each<[string, Handler, Scenario]>([
    ["an answer at once", (_req, res) => res.end("x"), { last: "req close" }],
    [
      "an answer in pieces",
      (_req, res) => {
        res.write("a");
        res.write("b");
        res.end();
      },
      { last: "req close" },
    ],
    [
      "an answer after the body",
      (req, res) => {
        req.resume().on("end", () => res.end("x"));
      },
      { method: "POST", body: "b", last: "res close" },
    ],
    ["an answer with a callback", (_req, res, note) => res.end("x", () => note("callback")), { last: "req close" }],
    ["an answer later", (_req, res) => setImmediate(() => res.end("x")), { last: "req close" }],
    [
      "an answer from a promise",
      async (_req, res) => {
        await Promise.resolve();
        res.end("x");
      },
      { last: "req close" },
    ],
    [
      "listeners added after end()",
      (_req, res, note) => {
        res.end();
        res.on("finish", () => note("late finish"));
      },
      { last: "req close" },
    ],
    [
      "a client that leaves before the answer",
      (_req, _res, note) => {
        note("begun");
      },
      { leaveAfter: "begun", last: "req close" },
    ],
    [
      "a client that leaves within the answer",
      (_req, res, note) => {
        res.write("x");
        note("begun");
      },
      { leaveAfter: "begun", last: "req close" },
    ],
    [
      "a client that leaves, with an error listener",
      (req, _res, note) => {
        req.on("error", (error: NodeJS.ErrnoException) => note(`req error ${error.code} ${error.message}`));
        note("begun");
      },
      { leaveAfter: "begun", last: "req close" },
    ],
    [
      "a client that leaves after its body was read",
      (req, _res, note) => {
        req.resume().on("end", () => setImmediate(() => note("begun")));
      },
      { method: "POST", body: "b", leaveAfter: "begun", last: "res close" },
    ],
    [
      "res.destroy()",
      (_req, res) => {
        res.write("x");
        res.destroy();
      },
      { last: "req close" },
    ],
    [
      "req.destroy()",
      (req, _res) => {
        req.destroy();
      },
      { last: "req close" },
    ],
  ])("%s", async (_, handler, scenario) => {
    const [expected, actual] = [await onNode(handler, scenario), await onJunicorn(handler, scenario)];
    expect(actual).toEqual(expected);
  });
});

describe("the end of a request", () => {
  it("leaves the flags as Node does, without listeners too", async () => {
    let messages!: [IncomingMessage, ServerResponse];
    let flags: boolean[] = [];
    const exchange = new RecordingExchange();
    handlerOf((req: IncomingMessage, res: ServerResponse) => {
      messages = [req, res];
      res.end("x");
      flags = [res.finished, res.writableEnded, res.headersSent, res.writableFinished];
    }).handle(exchange);
    const [req, res] = messages;
    expect(flags).toEqual([true, true, true, false]);
    await turn();
    expect([res.writableFinished, res.destroyed, res.closed]).toEqual([true, true, true]);
    expect([req.complete, req.readableEnded, req.destroyed, req.aborted]).toEqual([true, true, true, false]);
  });

  it("is told to listeners that come after res.end()", async () => {
    const events: string[] = [];
    handlerOf((req: IncomingMessage, res: ServerResponse) => {
      res.end("x");
      for (const event of ["finish", "close"]) res.on(event, () => events.push(event));
      req.socket.once("close", () => events.push("socket"));
      process.nextTick(() => events.push("tick"));
    }).handle(new RecordingExchange());
    events.push("returned");
    await turn();
    expect(events).toEqual(["returned", "tick", "finish", "close", "socket"]);
  });

  it("is told in the context of its own answer", async () => {
    const context = new AsyncLocalStorage<number>();
    const events: string[] = [];
    const handler = handlerOf(async (_req: IncomingMessage, res: ServerResponse) => {
      await Promise.resolve();
      for (const event of ["finish", "close"]) res.on(event, () => events.push(`${event} ${context.getStore()}`));
      res.end("x");
    });
    for (const number of [1, 2]) context.run(number, () => handler.handle(new RecordingExchange()));
    await turn();
    expect(events.sort()).toEqual(["close 1", "close 2", "finish 1", "finish 2"]);
  });

  it("leaves a listener's error uncaught, whatever answered", async () => {
    const others = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    try {
      const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
      handlerOf(async (_req: IncomingMessage, res: ServerResponse) => {
        await Promise.resolve();
        res.on("finish", () => {
          throw new Error("a listener's");
        });
        res.end("x");
      }).handle(new RecordingExchange());
      expect(await thrown).toMatchObject({ message: "a listener's" });
    } finally {
      for (const listener of others) process.on("uncaughtException", listener as () => void);
    }
  });

  it("can be awaited with stream.finished, before and after", async () => {
    let response!: ServerResponse;
    const exchange = new RecordingExchange();
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      response = res;
      setImmediate(() => res.end());
    }).handle(exchange);
    await finished(response);
    await finished(response);
  });

  it("fails stream.finished when the client leaves", async () => {
    let response!: ServerResponse;
    const exchange = new RecordingExchange();
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      response = res;
    }).handle(exchange);
    setImmediate(() => exchange.clientGone());
    await expect(finished(response)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  });

  it("closes the socket of the request when the client leaves", async () => {
    const exchange = new RecordingExchange();
    const closed = new Promise((resolve) => {
      handlerOf((req: IncomingMessage) => {
        req.socket.on("close", resolve);
      }).handle(exchange);
    });
    exchange.clientGone();
    await closed;
  });

  it("ends waiting writes with an error when the client leaves", async () => {
    const exchange = new RecordingExchange();
    exchange.full = true;
    const outcome = new Promise((resolve) => {
      handlerOf((_req: IncomingMessage, res: ServerResponse) => {
        res.write("x", resolve);
      }).handle(exchange);
    });
    exchange.clientGone();
    expect(await outcome).toMatchObject({ code: "ECONNRESET" });
  });

  it("comes with a half-closed client, as in Node, where the application watches", async () => {
    const exchange = new RecordingExchange();
    const events: string[] = [];
    handlerOf((req: IncomingMessage, res: ServerResponse) => {
      req.on("close", () => events.push("req close"));
      res.on("close", () => events.push("res close"));
    }).handle(exchange);
    exchange.onAbort!(new Error("half-closed"));
    expect(await exchange.finished()).toMatchObject({ aborted: true });
    await turn();
    expect(events).toEqual(["res close", "req close"]);
  });

  it("does not come with a half-closed client where nobody would hear of it: the answer goes out", async () => {
    const exchange = new RecordingExchange();
    let response!: ServerResponse;
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      response = res;
    }).handle(exchange);
    exchange.onAbort!(new Error("half-closed"));
    response.end("still here");
    expect(await exchange.finished()).toMatchObject({ bodyText: "still here", aborted: false });
  });

  it("does not come with a half-closed client once the answer was given", async () => {
    const exchange = new RecordingExchange();
    exchange.end = () => void (exchange.ended = true); // and is not flushed yet
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      res.on("close", () => {});
      res.end("still here");
    }).handle(exchange);
    exchange.onAbort!(new Error("half-closed"));
    expect(exchange.aborted).toBe(false);
  });

  it("comes by time-out, when nobody listens for that", async () => {
    const exchange = new RecordingExchange();
    handlerOf((req: IncomingMessage) => {
      req.socket.setTimeout(1);
    }).handle(exchange);
    expect(await exchange.finished()).toMatchObject({ aborted: true });
  });

  it("does not come by time-out when somebody does", async () => {
    const exchange = new RecordingExchange();
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      res.setTimeout(1, () => res.end("timed out"));
    }).handle(exchange);
    expect(await exchange.finished()).toMatchObject({ bodyText: "timed out" });
  });
});
