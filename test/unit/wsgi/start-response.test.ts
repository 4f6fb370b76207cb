/** startResponse, write, and when the head leaves. */

import { describe, expect, test } from "vitest";
import type { StartResponse, WsgiApp, WsgiHeaders } from "../../../src/adapters/wsgi/types.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { begin, bytes, serve, until } from "./support.ts";

const PLAIN: WsgiHeaders = [["Content-Type", "text/plain"]];

describe("bodies", () => {
  const cases: { name: string; body: () => ReturnType<WsgiApp>; text: string }[] = [
    { name: "an array of one string", body: () => ["héllo"], text: "héllo" },
    { name: "an array of one piece of bytes", body: () => [bytes("hello")], text: "hello" },
    { name: "a mixed array", body: () => ["a", bytes("b"), "", "é"], text: "abé" },
    { name: "an empty array", body: () => [], text: "" },
    { name: "a string, sent as one piece", body: () => "hello", text: "hello" },
    { name: "bytes", body: () => bytes("hello"), text: "hello" },
    { name: "a set", body: () => new Set(["a", "b"]), text: "ab" },
    {
      name: "a generator",
      body: function* () {
        yield "a";
        yield bytes("b");
      },
      text: "ab",
    },
    {
      name: "an async generator",
      body: async function* () {
        yield "a";
        await Promise.resolve();
        yield "b";
      },
      text: "ab",
    },
    { name: "a promise of an array", body: async () => ["a"], text: "a" },
    { name: "a web stream", body: () => new Response("streamed").body as AsyncIterable<Uint8Array>, text: "streamed" },
    {
      name: "a large array",
      body: () => Array.from({ length: 200 }, () => "x".repeat(1000)),
      text: "x".repeat(200_000),
    },
  ];
  test.each(cases)("$name", async ({ body, text }) => {
    const { exchange, failures } = await serve((_, start) => {
      start("201 Made", PLAIN);
      return body();
    });
    expect(failures.messages).toEqual([]);
    expect(exchange.bodyText).toBe(text);
    expect(exchange).toMatchObject({
      status: 201,
      reason: "Made",
      responseHeaders: ["Content-Type", "text/plain"],
      ended: true,
    });
  });

  test.each([
    ["nothing", undefined, /returned undefined.*return missing/],
    ["null", null, /returned null/],
    ["a number", 5, /returned a number/],
    ["an object", {}, /returned an object/],
    ["a Response", new Response(""), /returned a Response/],
    ["an array with a number", ["a", 5], /piece that is a number/],
    ["an array of nothing", [null], /piece that is null/],
  ])("%s is an error of the application", async (_, result, message) => {
    const { exchange, failures } = await serve((__, start) => {
      start("200 OK", PLAIN);
      return result as never;
    });
    expect(failures.messages[0]).toMatch(message);
    if (exchange.status !== 500) expect(exchange.aborted).toBe(true);
  });
});

describe("when the head leaves", () => {
  test("with the first piece that is not empty", async () => {
    const seen: boolean[] = [];
    const exchange = new RecordingExchange();
    await serve(
      function* (_, start) {
        start("200 OK", PLAIN);
        yield "";
        seen.push(exchange.started);
        yield "x";
        seen.push(exchange.started);
      },
      { exchange },
    );
    expect(seen).toEqual([false, true]);
  });

  test("a generator may call startResponse in its first step", async () => {
    const { exchange } = await serve(function* (_, start) {
      start("202 Accepted", PLAIN);
      yield "x";
    });
    expect(exchange.status).toBe(202);
  });

  test("an iterable without pieces still sends its head", async () => {
    const { exchange } = await serve((_, start) => {
      start("202 Accepted", PLAIN);
      return new Set<string>();
    });
    expect(exchange).toMatchObject({ status: 202, ended: true });
  });

  test.each<[string, WsgiApp]>([
    ["an array", () => ["x"]],
    ["an empty array", () => []],
    [
      "a generator",
      function* () {
        yield "x";
      },
    ],
    ["an empty iterable", () => new Set<string>()],
  ])("without startResponse, %s is an error", async (_, app) => {
    const { exchange, failures } = await serve(app);
    expect(failures.errors).toMatchObject([{ code: "ERR_NO_RESPONSE" }]);
    expect(exchange.status).toBe(500);
  });
});

describe("startResponse again", () => {
  test("without excInfo is an error", async () => {
    const { failures } = await serve((_, start) => {
      start("200 OK", []);
      start("200 OK", []);
      return ["x"];
    });
    expect(failures.messages[0]).toMatch(/twice/);
  });

  test("with excInfo replaces a head that has not left", async () => {
    const { exchange, failures } = await serve((_, start) => {
      start("200 OK", PLAIN);
      start("503 Oh", [["X-A", "1"]], new Error("late"));
      return ["x"];
    });
    expect(failures.errors).toEqual([]);
    expect(exchange).toMatchObject({ status: 503, reason: "Oh", responseHeaders: ["X-A", "1"] });
  });

  test.each([
    ["the error", (e: Error) => e],
    ["a triple", (e: Error) => [Error, e, null]],
  ])("with excInfo (%s) throws it once the head has left", async (_, wrap) => {
    const problem = new Error("the real problem");
    const { exchange, failures } = await serve(function* (__, start) {
      start("200 OK", PLAIN);
      yield "x";
      start("500 No", [], wrap(problem));
    });
    expect(failures.errors).toEqual([problem]);
    expect(exchange).toMatchObject({ aborted: true, ended: false });
  });
});

describe("what startResponse refuses", () => {
  const call =
    (...args: unknown[]): WsgiApp =>
    (_, start) => {
      (start as (...all: unknown[]) => unknown)(...args);
      return ["x"];
    };
  test.each<[string, unknown[], string]>([
    ["a number as status", [200, []], "ERR_WSGI"],
    ["a status without number", ["OK", []], "ERR_RESPONSE_STATUS"],
    ["an interim status", ["100 Continue", []], "ERR_RESPONSE_STATUS"],
    ["a status with a line break", ["200 OK\r\nX: y", []], "ERR_RESPONSE_STATUS"],
    ["a status that is too long", ["2000 OK", []], "ERR_RESPONSE_STATUS"],
    ["a string as headers", ["200 OK", "X: y"], "ERR_WSGI"],
    ["a flat list", ["200 OK", ["X", "y"]], "ERR_WSGI"],
    ["a triple", ["200 OK", [["X", "y", "z"]]], "ERR_WSGI"],
    ["a line break in a value", ["200 OK", [["X", "a\r\nb"]]], "ERR_RESPONSE_HEADER"],
    ["a NUL in a value", ["200 OK", [["X", "a\0b"]]], "ERR_RESPONSE_HEADER"],
    ["a name that is no token", ["200 OK", [["X Y", "a"]]], "ERR_RESPONSE_HEADER"],
    ["an empty name", ["200 OK", [["", "a"]]], "ERR_RESPONSE_HEADER"],
    ["a value beyond latin-1", ["200 OK", [["X", "\u20ac"]]], "ERR_RESPONSE_HEADER"],
    ["a value that is no string", ["200 OK", [["X", null]]], "ERR_RESPONSE_HEADER"],
  ])("%s", async (_, args, code) => {
    const { exchange, failures } = await serve(call(...args));
    expect(failures.errors).toMatchObject([{ code }]);
    expect(exchange.status).toBe(500);
  });

  test("the refusal is thrown to the application, which may still do better", async () => {
    const { exchange, failures } = await serve((_, start) => {
      try {
        start("200 OK", [["X", "a\nb"]]);
      } catch {
        start("200 OK", []);
      }
      return ["x"];
    });
    expect(failures.errors).toEqual([]);
    expect(exchange.status).toBe(200);
  });
});

describe("headers", () => {
  test.each<[string, WsgiHeaders]>([
    [
      "pairs",
      [
        ["A", "1"],
        ["B", 2],
      ],
    ],
    [
      "Headers",
      new Map([
        ["A", "1"],
        ["B", "2"],
      ]),
    ],
    ["an object", { A: "1", B: ["2"] }],
  ])("as %s", async (_, headers) => {
    const { exchange } = await serve((__, start) => {
      start("200 OK", headers);
      return ["x"];
    });
    expect(exchange.responseHeaders).toEqual(["A", "1", "B", "2"]);
  });

  test("of the connection, Server and Date are the server's", async () => {
    const { exchange } = await serve((_, start) => {
      start("200 OK", [
        ["Connection", "close"],
        ["transfer-encoding", "chunked"],
        ["Server", "x"],
        ["Date", "y"],
        ["Keep-Alive", "z"],
        ["Upgrade", "u"],
        ["X-A", "1"],
      ]);
      return ["x"];
    });
    expect(exchange.responseHeaders).toEqual(["X-A", "1"]);
  });

  test("changes after startResponse do not count", async () => {
    const headers: [string, string][] = [["A", "1"]];
    const { exchange } = await serve((_, start) => {
      start("200 OK", headers);
      headers.push(["B", "2"]);
      return ["x"];
    });
    expect(exchange.responseHeaders).toEqual(["A", "1"]);
  });
});

describe("Content-Length", () => {
  test("no more than it goes out, and the log says so", async () => {
    const { exchange, log } = await serve(function* (_, start) {
      start("200 OK", [["Content-Length", "5"]]);
      yield "abc";
      yield "défg";
      yield "never";
    });
    expect(Buffer.concat(exchange.chunks)).toEqual(Buffer.from("abcd\u00c3", "latin1"));
    expect(exchange.ended).toBe(true);
    expect(log.lines).toEqual([
      { level: "warning", message: expect.stringMatching(/^GET \/: .*longer than its Content-Length/) },
    ]);
  });
});

describe("write()", () => {
  test("sends at once, before what is returned", async () => {
    const exchange = new RecordingExchange();
    await serve(
      (_, start) => {
        const write = start("200 OK", PLAIN);
        expect(write("a")).toBeUndefined();
        expect(exchange.bodyText).toBe("a");
        void write(bytes("b"));
        return ["c"];
      },
      { exchange },
    );
    expect(exchange.bodyText).toBe("abc");
    expect(exchange.ended).toBe(true);
  });

  test("can be awaited when the client is slow", async () => {
    const exchange = new RecordingExchange();
    exchange.full = true;
    let went = false;
    const { failures } = begin(
      async (_, start) => {
        await start("200 OK", PLAIN)("a");
        went = true;
        return [];
      },
      { exchange },
    );
    await until(() => exchange.bodyText === "a", "the piece");
    expect(went).toBe(false);
    exchange.drain();
    await exchange.finished();
    expect(went).toBe(true);
    expect(failures.errors).toEqual([]);
  });
});

test("early hints go out as 103, and never after the head", async () => {
  const { exchange } = await serve(function* (environ, start) {
    environ["wsgi.early_hints"]([["Link", "</a>; rel=preload"]]);
    start("200 OK", []);
    yield "x";
    environ["wsgi.early_hints"]([["Link", "</b>"]]);
  });
  expect(exchange.informed).toEqual([{ status: 103, headers: ["Link", "</a>; rel=preload"] }]);
});

test("trailers follow the body", async () => {
  const { exchange } = await serve((environ, start: StartResponse) => {
    start("200 OK", []);
    environ["junicorn.send_trailers"]([["X-Sum", "1"]]);
    return ["x"];
  });
  expect(exchange.trailers).toEqual(["X-Sum", "1"]);
});

test("wsgi.errors goes to the error log by lines, and the rest at the end", async () => {
  const { log } = await serve((environ, start) => {
    const errors = environ["wsgi.errors"];
    errors.write("one\ntwo\nhal");
    errors.writelines(["f\n", "rest"]);
    start("200 OK", []);
    return [];
  });
  expect(log.lines).toEqual(["one\ntwo", "half", "rest"].map((message) => ({ level: "error", message })));
});
