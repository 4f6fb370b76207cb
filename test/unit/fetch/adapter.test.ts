/** The fetch adapter: what becomes of what a handler returns. */

import { describe, expect, test } from "vitest";
import type { LightRequest } from "../../../src/adapters/fetch/classes/request.ts";
import { LightResponse } from "../../../src/adapters/fetch/classes/response.ts";
import { streamOf } from "./wpt/subjects.ts";
import { serve, serveWithNode } from "./support.ts";

const Response = LightResponse;

describe("answers", () => {
  test("a synchronous handler is answered before handle() returns, in one call", () => {
    const { exchange, failures } = serve(
      () => new Response("hello", { status: 201, statusText: "Made", headers: { "X-A": "1" } }),
    );
    expect([exchange.over, exchange.status, exchange.reason, exchange.bodyText]).toEqual([true, 201, "Made", "hello"]);
    expect(exchange.responseHeaders).toEqual(["X-A", "1", "Content-Type", "text/plain;charset=UTF-8"]);
    expect(exchange.calls).toEqual(["respond"]);
    expect(failures).toEqual([]);
  });
  test("an asynchronous handler", async () => {
    const { exchange } = serve(async () => Promise.resolve(new Response(new Uint8Array([97, 98]))));
    await exchange.finished();
    expect([exchange.status, exchange.bodyText, exchange.responseHeaders, exchange.calls]).toEqual([
      200,
      "ab",
      [],
      ["respond"],
    ]);
  });
  test("a thenable that is no promise", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const { exchange } = serve(() => ({ then: (done: (value: unknown) => void) => done(new Response("a")) }));
    await exchange.finished();
    expect(exchange.bodyText).toBe("a");
  });
  test("{ fetch } keeps its this, and may be replaced later", () => {
    const app = {
      name: "first",
      fetch(): unknown {
        return new Response(this.name);
      },
    };
    const first = serve(app);
    app.fetch = () => new Response("second");
    const second = serve(app, {}, first.handler);
    expect([first.exchange.bodyText, second.exchange.bodyText]).toEqual(["first", "second"]);
  });
  test("a function with a fetch method is called by its method", () => {
    const app = Object.assign(() => new Response("function"), { fetch: () => new Response("method") });
    expect(serve(app).exchange.bodyText).toBe("method");
  });
  test.each([
    ["no body", () => new Response(null, { status: 404 }), 404, "", []],
    ["204", () => new Response(null, { status: 204 }), 204, "", []],
    ["304", () => new Response(null, { status: 304, headers: { etag: '"a"' } }), 304, "", ["etag", '"a"']],
    ["json", () => Response.json({ a: 1 }), 200, '{"a":1}', ["Content-Type", "application/json"]],
    ["redirect", () => Response.redirect("https://a.test/b"), 302, "", ["Location", "https://a.test/b"]],
    [
      "a form",
      () => new Response(new URLSearchParams({ a: "b" })),
      200,
      "a=b",
      ["Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"],
    ],
  ])("%s", (_, make, status, body, headers) => {
    const { exchange } = serve(make);
    expect([exchange.status, exchange.bodyText, exchange.responseHeaders, exchange.calls]).toEqual([
      status,
      body,
      headers,
      ["respond"],
    ]);
  });
  test("Set-Cookie is repeated", () => {
    const { exchange } = serve(() => {
      const response = new Response(null, {
        headers: [
          ["Set-Cookie", "a=1"],
          ["x", "y"],
        ],
      });
      response.headers.append("Set-Cookie", "b=2");
      return response;
    });
    expect(exchange.responseHeaders).toEqual(["Set-Cookie", "a=1", "x", "y", "Set-Cookie", "b=2"]);
  });
  test("headers changed before the return go out changed", () => {
    const { exchange } = serve(() => {
      const response = new Response("a", { headers: { a: "1", b: "2" } });
      response.headers.delete("a");
      response.headers.set("B", "3");
      return response;
    });
    expect(exchange.responseHeaders).toEqual(["B", "3", "Content-Type", "text/plain;charset=UTF-8"]);
  });
  test("a clone and a Response made from another's body are sent in one call", () => {
    for (const make of [
      () => new Response("abc").clone(),
      () => {
        const first = new Response("abc");
        return new Response(first.body, first);
      },
      () => {
        const first = new Response("abc");
        return new Response(first.body, { status: 200, headers: first.headers });
      },
    ]) {
      const { exchange } = serve(make);
      expect([exchange.bodyText, exchange.calls]).toEqual(["abc", ["respond"]]);
    }
  });
  test("the same bodiless Response can be returned again", () => {
    const response = new Response(null, { status: 404 });
    expect([serve(() => response).exchange.status, serve(() => response).exchange.status]).toEqual([404, 404]);
  });
  test("a subclass", () => {
    class Mine extends Response {
      constructor(text: string) {
        super(text, { status: 202 });
      }
    }
    const { exchange } = serve(() => new Mine("mine"));
    expect([exchange.status, exchange.bodyText]).toEqual([202, "mine"]);
  });
});

describe("HEAD", () => {
  test("a known body gives its length only", () => {
    const { exchange } = serve(() => new Response("héllo"), { method: "HEAD" });
    expect([exchange.bodyText, exchange.responseHeaders, exchange.calls]).toEqual([
      "",
      ["Content-Type", "text/plain;charset=UTF-8", "Content-Length", "6"],
      ["respond"],
    ]);
  });
  test("a given length is kept", () => {
    const { exchange } = serve(() => new Response("a", { headers: { "Content-Length": "7", "Content-Type": "a/b" } }), {
      method: "HEAD",
    });
    expect(exchange.responseHeaders).toEqual(["Content-Length", "7", "Content-Type", "a/b"]);
  });
  test("a stream is cancelled unread", async () => {
    let cancelled = false;
    const { exchange } = serve(
      () =>
        new Response(
          new ReadableStream({
            cancel() {
              cancelled = true;
            },
          }),
        ),
      { method: "HEAD" },
    );
    expect([exchange.ended, exchange.bodyText, exchange.calls]).toEqual([true, "", ["start", "end"]]);
    await exchange.until(() => cancelled);
  });
});

describe("failures", () => {
  const error = new Error("mine");
  test.each([
    [
      "throws",
      () => {
        throw error;
      },
    ],
    ["rejects", async () => Promise.reject(error)],
    [
      "rejects later",
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw error;
      },
    ],
  ])("a handler that %s", async (_, handler) => {
    const { exchange, failures } = serve(handler);
    await exchange.until(() => failures.length > 0);
    expect(failures).toEqual([error]);
  });
  test.each([
    ["undefined", () => undefined, "the handler returned undefined (is a return missing?) instead of a Response"],
    ["null", () => null, "the handler returned null instead of a Response"],
    ["a string", () => "hello", "the handler returned a string ('hello') instead of a Response"],
    ["a number", () => 42, "the handler returned 42 instead of a Response"],
    ["a plain object", () => ({ a: 1 }), "the handler returned a plain object { a: 1 } instead of a Response"],
    ["an instance", () => new Map(), "the handler returned an object of class Map instead of a Response"],
    ["a function", () => function make() {}, "the handler returned a function (make) instead of a Response"],
    ["an error response", () => Response.error(), "the handler returned Response.error()"],
  ])("a handler that returns %s", async (_, handler, message) => {
    for (const variant of [handler, async () => Promise.resolve(handler())]) {
      const { exchange, failures } = serve(variant);
      await exchange.until(() => failures.length > 0);
      expect(failures[0]).toMatchObject({ code: "ERR_NO_RESPONSE", message });
      expect(exchange.started).toBe(false);
    }
  });
  test("a Response that was read", async () => {
    const response = new Response("a");
    await response.text();
    const node = new globalThis.Response("a");
    await node.text();
    for (const used of [response, node]) {
      const { failures } = serve(() => used);
      expect(failures[0]).toMatchObject({ code: "ERR_NO_RESPONSE" });
      expect(String(failures[0])).toContain("has been used already");
    }
  });
  test("a Response with a body, returned twice", () => {
    const response = new Response("a");
    expect(serve(() => response).failures).toEqual([]);
    expect(serve(() => response).failures[0]).toMatchObject({ code: "ERR_NO_RESPONSE" });
    expect(response.bodyUsed).toBe(true);
  });
  test("what the exchange refuses", () => {
    const refused = new Error("bad header");
    const { failures } = serve(() => new Response("a", { headers: { a: "\x01" } }), { refuse: refused });
    expect(failures).toEqual([refused]);
  });
  test("an abort of the handler's own making, once the client is gone, is no failure", async () => {
    const { exchange, failures, log } = serve(async (request: LightRequest) => {
      await new Promise((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error)),
      );
    });
    exchange.clientGone();
    await exchange.until(() => log.lines.length > 0);
    expect(failures).toEqual([]);
    expect(log.lines).toEqual([{ level: "debug", message: "GET /: given up, the client is gone" }]);
  });
});

describe("Responses of others", () => {
  test("one from fetch() that was compressed loses the fields that are no longer true", async () => {
    const response = new globalThis.Response("plain", {
      headers: { "content-encoding": "gzip", "content-length": "99", a: "b" },
    });
    Object.defineProperty(response, "url", { value: "http://origin.test/" });
    const { exchange } = serve(() => response);
    await exchange.finished();
    expect([exchange.bodyText, exchange.responseHeaders]).toEqual([
      "plain",
      ["a", "b", "content-type", "text/plain;charset=UTF-8"],
    ]);
  });
  test("one that an app compressed keeps them", async () => {
    const { exchange } = serve(
      () =>
        new globalThis.Response(new Uint8Array(3), { headers: { "content-encoding": "gzip", "content-length": "3" } }),
    );
    await exchange.finished();
    expect(exchange.responseHeaders).toEqual(["content-encoding", "gzip", "content-length", "3"]);
  });
  test("one of another library, by its looks", async () => {
    const foreign = {
      status: 203,
      statusText: "",
      headers: new Map([["a", "b"]]),
      body: streamOf("x"),
      bodyUsed: false,
    };
    const { exchange } = serve(() => foreign);
    await exchange.finished();
    expect([exchange.status, exchange.bodyText, exchange.responseHeaders]).toEqual([203, "x", ["a", "b"]]);
  });
});

describe("without the light classes", () => {
  test("the handler gets Node's Request", async () => {
    let seen: unknown;
    const { exchange } = serveWithNode(
      async (request) => {
        seen = request;
        return new globalThis.Response(
          `${request.method} ${request.url} ${await request.text()} ${(request as { ip?: string }).ip}`,
        );
      },
      { method: "POST", target: "/a?b", body: ["he", "llo"] },
    );
    await exchange.finished();
    expect(exchange.bodyText).toBe("POST http://example.test/a?b hello 192.0.2.1");
    expect(Object.getPrototypeOf(seen)).toBe(globalThis.Request.prototype);
  });
  test("a method it cannot have is answered 501", () => {
    const { exchange } = serveWithNode(() => new globalThis.Response("a"), { method: "TRACE" });
    expect([exchange.status, exchange.bodyText]).toEqual([501, "TRACE is not supported\n"]);
  });
  test("its signal is aborted when the client goes", async () => {
    let signal: AbortSignal | undefined;
    const { exchange } = serveWithNode(async (request) => {
      signal = request.signal;
      await new Promise(() => undefined);
    });
    exchange.clientGone();
    await exchange.until(() => signal!.aborted);
    expect((signal!.reason as Error).name).toBe("AbortError");
  });
});
