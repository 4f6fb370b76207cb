import type { IncomingMessage, ServerResponse } from "node:http";
import http from "node:http";
import { describe, expect, it } from "vitest";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { fields, handlerOf, request, turn, type Failure } from "./run.ts";

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown;

describe("an answer", () => {
  it("is a real ServerResponse", async () => {
    let seen: unknown[] = [];
    await request((req: IncomingMessage, res: ServerResponse) => {
      seen = [req instanceof http.IncomingMessage, res instanceof http.ServerResponse, res.req === req];
      res.end();
    });
    expect(seen).toEqual([true, true, true]);
  });

  it("goes out whole when end() comes first", async () => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.setHeader("Content-Type", "text/plain").setHeader("X-Many", ["a", "b"]).setHeader("X-Number", 7);
      res.statusCode = 201;
      res.end("created");
    });
    expect(exchange).toMatchObject({ status: 201, reason: "", bodyText: "created" });
    expect(exchange.responseHeaders).toEqual([
      "Content-Type",
      "text/plain",
      "X-Many",
      "a",
      "X-Many",
      "b",
      "X-Number",
      "7",
    ]);
  });

  it.each<[string, Handler, number, string, string[]]>([
    [
      "status and object",
      (_req, res) => res.writeHead(202, { "X-A": "1", "X-B": ["2", "3"] }),
      202,
      "",
      ["X-A", "1", "X-B", "2", "X-B", "3"],
    ],
    ["a reason", (_req, res) => res.writeHead(200, "Fine", { "X-A": "1" }), 200, "Fine", ["X-A", "1"]],
    ["a flat list", (_req, res) => res.writeHead(200, ["X-A", "1", "X-A", "2"]), 200, "", ["X-A", "1", "X-A", "2"]],
    [
      "a list of pairs",
      (_req, res) => res.writeHead(200, [["X-A", "1"]] as unknown as string[]),
      200,
      "",
      ["X-A", "1"],
    ],
    [
      "an object without prototype",
      (_req, res) => res.writeHead(200, Object.assign(Object.create(null), { x: ["a", "b"] })),
      200,
      "",
      ["x", "a", "x", "b"],
    ],
    [
      "setHeader before",
      (_req, res) => {
        res.setHeader("X-A", "0");
        res.writeHead(200, { "X-B": "2" });
      },
      200,
      "",
      ["X-A", "0", "X-B", "2"],
    ],
    [
      "statusMessage",
      (_req, res) => {
        res.statusMessage = "Well";
        res.writeHead(200);
      },
      200,
      "Well",
      [],
    ],
    [
      "appendHeader",
      (_req, res) => {
        res.appendHeader("X-A", "0");
        res.appendHeader("x-a", "1");
      },
      200,
      "",
      ["X-A", "0", "X-A", "1"],
    ],
    [
      "setHeaders",
      (_req, res) => {
        res.setHeaders(new Map([["X-A", "0"]]));
      },
      200,
      "",
      ["X-A", "0"],
    ],
  ])("takes writeHead with %s", async (_, write, status, reason, headers) => {
    const exchange = await request((req: IncomingMessage, res: ServerResponse) => {
      write(req, res);
      res.end("x");
    });
    expect(exchange).toMatchObject({ status, reason, responseHeaders: headers, bodyText: "x" });
  });

  it("streams what is written, in any encoding", async () => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.write("é");
      res.write("é", "latin1");
      res.write("YQ==", "base64");
      res.write(new Uint8Array([98]));
      res.end("c");
    });
    expect(Buffer.concat(exchange.chunks)).toEqual(Buffer.from([0xc3, 0xa9, 0xe9, 0x61, 0x62, 0x63]));
  });

  it("sends the head early with flushHeaders()", async () => {
    const exchange = new RecordingExchange();
    let response!: ServerResponse;
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      response = res;
      res.setHeader("X-A", "1");
      res.flushHeaders();
    }).handle(exchange);
    expect(exchange).toMatchObject({ started: true, status: 200, responseHeaders: ["X-A", "1"], ended: false });
    expect(response.headersSent).toBe(true);
    expect(() => response.setHeader("X-B", "2")).toThrow(expect.objectContaining({ code: "ERR_HTTP_HEADERS_SENT" }));
    response.end();
    await exchange.finished();
  });

  it("carries trailers", async () => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.setHeader("Trailer", "X-Sum");
      res.write("body");
      res.addTrailers({ "X-Sum": "abc" });
      res.end();
    });
    expect(exchange.trailers).toEqual(["X-Sum", "abc"]);
  });

  it("carries interim answers", async () => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.writeContinue();
      res.writeProcessing();
      res.writeEarlyHints({ link: "</a.css>; rel=preload", "x-trace": "1" }, () => res.end("done"));
    });
    expect(exchange.informed.map(({ status }) => status)).toEqual([100, 102, 103]);
    const hints = exchange.informed[2]!.headers;
    expect([hints[0]!.toLowerCase(), ...hints.slice(1)]).toEqual(["link", "</a.css>; rel=preload", "x-trace", "1"]);
    expect(exchange.bodyText).toBe("done");
  });

  it.each([204, 304])("has no body with status %i", async (status) => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.writeHead(status);
      res.end("must not go out");
    });
    expect(exchange).toMatchObject({ status, bodyText: "" });
  });

  it("to HEAD leaves the length to the engine and sends nothing after a streamed head", async () => {
    const streamed = await request(
      (_req: IncomingMessage, res: ServerResponse) => {
        res.write("x");
        res.end("y");
      },
      { method: "HEAD" },
    );
    expect(streamed.bodyText).toBe("");
  });

  it("says Connection: close when the application wants that", async () => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.shouldKeepAlive = false;
      res.end();
    });
    expect(fields(exchange, "connection")).toEqual(["close"]);
  });

  it("waits for the engine when it is told to", async () => {
    const exchange = new RecordingExchange();
    exchange.full = true;
    const events: string[] = [];
    let response!: ServerResponse;
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      response = res;
      res.on("drain", () => events.push("drain"));
      events.push(String(res.write("x", () => events.push("written"))));
    }).handle(exchange);
    await turn();
    expect(response.writableNeedDrain).toBe(true);
    expect(events).toEqual(["false"]);
    exchange.drain();
    expect(events).toEqual(["false", "written", "drain"]);
    expect(response.writableNeedDrain).toBe(false);
    response.end();
    await exchange.finished();
  });

  it("refuses what Node refuses, with Node's errors", async () => {
    const codes: unknown[] = [];
    const attempt = (action: () => unknown): void => {
      try {
        action();
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code);
      }
    };
    await request((_req: IncomingMessage, res: ServerResponse) => {
      attempt(() => res.setHeader("bad name", "x"));
      attempt(() => res.setHeader("X", "a\r\nb"));
      attempt(() => res.writeHead(99));
      attempt(() => res.writeHead(200, { X: "a\nb" }));
      attempt(() => res.writeHead(200, ["odd"]));
      attempt(() => res.write(7 as unknown as string));
      attempt(() => res.write(null as unknown as string));
      res.on("error", (error: NodeJS.ErrnoException) => codes.push(error.code));
      res.end();
      res.write("late");
    });
    await turn();
    expect(codes).toEqual([
      "ERR_INVALID_HTTP_TOKEN",
      "ERR_INVALID_CHAR",
      "ERR_HTTP_INVALID_STATUS_CODE",
      "ERR_INVALID_CHAR",
      "ERR_INVALID_ARG_VALUE",
      "ERR_INVALID_ARG_TYPE",
      "ERR_STREAM_NULL_VALUES",
      "ERR_STREAM_WRITE_AFTER_END",
    ]);
  });
});

describe("a failure", () => {
  it.each<[string, Handler]>([
    [
      "thrown",
      () => {
        throw new Error("boom");
      },
    ],
    [
      "rejected",
      async () => {
        throw new Error("boom");
      },
    ],
    [
      "rejected later",
      async () => {
        await turn();
        throw new Error("boom");
      },
    ],
  ])("%s is reported and answered with 500", async (_, handler) => {
    const failures: Failure[] = [];
    const exchange = await request(handler, {}, failures);
    expect(exchange.status).toBe(500);
    expect(failures.map(({ error }) => (error as Error).message)).toEqual(["boom"]);
  });

  it("after the head was sent cuts the answer", async () => {
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      res.write("half");
      throw new Error("boom");
    });
    expect(exchange).toMatchObject({ status: 200, aborted: true, ended: false });
  });

  it("of the exchange to send is the application's failure, not an exception in its code", async () => {
    const failures: Failure[] = [];
    const exchange = new RecordingExchange();
    exchange.write = () => {
      throw new Error("longer than Content-Length");
    };
    let returned: unknown;
    handlerOf((_req: IncomingMessage, res: ServerResponse) => {
      returned = res.write("x");
    }, failures).handle(exchange);
    await exchange.finished();
    expect(returned).toBe(true);
    expect(failures).toHaveLength(1);
  });

  it("leaves late calls harmless, and closes", async () => {
    const events: string[] = [];
    let response!: ServerResponse;
    const exchange = await request((_req: IncomingMessage, res: ServerResponse) => {
      response = res;
      res.on("close", () => events.push("close"));
      throw new Error("boom");
    });
    response.write("late");
    response.end("later");
    await turn();
    expect(exchange.bodyText).toBe("failed");
    expect(events).toEqual(["close"]);
  });
});
