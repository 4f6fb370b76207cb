/** The HTTP/2 engine over real sockets, without a worker around it: requests, answers and bodies. */

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import { ErrorCode, frame, FrameFlag, FrameType, requestBlock, WHOLE } from "../../support/h2-client.ts";
import { poll } from "../../support/poll.ts";
import { clientOf, echo, frameClientOf, hello, start } from "./harness.ts";

describe("requests", () => {
  test("have the method, the target, Host first and one Cookie, as over HTTP/1.1", async () => {
    const seen: Exchange[] = [];
    const harness = await start((exchange) => {
      seen.push(exchange);
      hello(exchange);
    });
    const client = clientOf(harness);
    const answer = await client.ask("PUT /a?b=%20c", {
      headers: { "x-a": "1", cookie: ["a=1", "b=2"], te: "trailers" },
    });
    expect(answer.body.toString()).toBe("hello /a?b=%20c");
    expect(seen[0]).toMatchObject({ method: "PUT", target: "/a?b=%20c", httpVersion: "2.0", hasBody: false });
    expect(seen[0]!.rawHeaders).toEqual([
      ...["host", `127.0.0.1:${harness.port}`, "x-a", "1", "cookie", "a=1; b=2", "te", "trailers"],
    ]);
    expect(seen[0]!.peer).toMatchObject({ remoteAddress: "127.0.0.1", scheme: "http" });
  });

  test("come many at once, and are answered in whatever order", async () => {
    const waiting: Exchange[] = [];
    const harness = await start((exchange) => void waiting.push(exchange));
    const client = clientOf(harness);
    const answers = Array.from({ length: 50 }, (_, i) => client.ask(`GET /${i}`));
    await poll(() => waiting.length === 50);
    for (const exchange of waiting.reverse()) hello(exchange);
    for (const [i, answer] of (await Promise.all(answers)).entries())
      expect(answer.body.toString()).toBe(`hello /${i}`);
    expect(harness.engine.connections).toBe(1);
  });

  test.each([
    ["GET /" + "x".repeat(4100), {}, 414, "request-line-too-long"],
    ["GET /", { "x-long": "x".repeat(9000) }, 431, "field-too-long"],
    ["GET /", Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`x-${i}`, "1"])), 431, "too-many-fields"],
    ["GET /", { ":authority": "h:99999" }, 400, "bad-host"],
    ["SEARCHES /", {}, 400, "bad-method"],
    ["GET /", { expect: "miracles" }, 417, "expectation-failed"],
  ] as const)("%s with %o is answered %d (%s)", async (line, headers, status, rule) => {
    const harness = await start(() => expect.unreachable());
    const client = clientOf(harness);
    const answer = await client.ask(line, { headers });
    expect(answer).toMatchObject({ status, code: 0 });
    expect(answer.body.toString()).toMatch(/: /);
    expect(harness.rules()).toEqual([rule]);
    expect((await client.ask("GET /" + "x".repeat(4100))).status).toBe(414); // the session stands
  });

  test.each([
    ["host-contradiction", [["host", "other.example"]]],
    [
      "repeated-content-type",
      [
        ["content-type", "a/b"],
        ["content-type", "c/d"],
      ],
    ],
  ] as const)("what Node's own client does not send is refused, too (%s)", async (rule, fields) => {
    const harness = await start(() => expect.unreachable());
    const client = await frameClientOf(harness);
    client.send(frame(FrameType.HEADERS, WHOLE, 1, requestBlock("/", ...fields)));
    await poll(() => client.answered(1));
    expect(harness.rules()).toEqual([rule]);
  });

  test("a declared body over the limit is refused before a byte of it is read", async () => {
    const harness = await start(() => expect.unreachable(), {
      limits: { requestLine: 4094, fields: 100, fieldSize: 8190, body: 10 },
    });
    const answer = await clientOf(harness).ask("POST /", { headers: { "content-length": 11 }, body: "x".repeat(11) });
    expect(answer.status).toBe(413);
    expect(harness.rules()).toEqual(["body-too-large"]);
  });

  test("an undeclared body fails with the first byte too many", async () => {
    const harness = await start(echo, { limits: { requestLine: 4094, fields: 100, fieldSize: 8190, body: 10 } });
    const client = clientOf(harness);
    const answer = await client.ask("POST /", { body: "x".repeat(11) });
    expect(answer).toMatchObject({ status: 400, headers: { "x-failed": "ERR_REQUEST_BODY_SIZE" } });
    expect((await client.ask("POST /", { body: "x".repeat(10) })).body.toString()).toBe("x".repeat(10));
  });

  test("a body that does not have the length it declared never reaches the application as whole", async () => {
    const harness = await start(echo);
    const answer = await clientOf(harness).ask("POST /", { headers: { "content-length": 5 }, body: "abcdefgh" });
    expect(answer.status).not.toBe(200);
  });

  test.each([
    ["connection", "close"],
    ["transfer-encoding", "chunked"],
    ["upgrade", "h2c"],
  ])("a field of HTTP/1 connections (%s) makes the request malformed", async (name, value) => {
    const harness = await start(() => expect.unreachable());
    const client = await frameClientOf(harness);
    client.send(frame(FrameType.HEADERS, WHOLE, 1, requestBlock("/", [name, value])));
    expect(await poll(() => client.resetOf(1))).toBe(ErrorCode.PROTOCOL_ERROR);
  });
});

describe("bodies", () => {
  test("trailers come in and go out", async () => {
    const harness = await start((exchange) => {
      exchange.readBody({
        data: () => {},
        end: (trailers) => {
          exchange.start(200, "", ["Trailer", "X-Sum"]);
          exchange.write("body");
          exchange.end(["X-Sum", trailers.join("=")]);
        },
        fail: (error) => exchange.abort(error),
      });
    });
    const answer = await clientOf(harness).ask("POST /", { body: "abc", trailers: { "x-t": "1" } });
    expect(answer).toMatchObject({ status: 200, trailers: { "x-sum": "x-t=1" }, code: 0 });
  });

  test("trailers that are here before anybody asks for the body are not lost", async () => {
    const harness = await start((exchange) => void setTimeout(() => echo(exchange), 50));
    const answer = await clientOf(harness).ask("POST /", { body: "abc", trailers: { "x-t": "1" } });
    expect(answer).toMatchObject({ status: 200, headers: { "x-trailers": "x-t,1" } });
  });

  test("a trailer that must not be one fails the body", async () => {
    const harness = await start(echo);
    const answer = await clientOf(harness).ask("POST /", { body: "abc", trailers: { authorization: "me" } });
    expect(answer).toMatchObject({ status: 400, headers: { "x-failed": "ERR_REQUEST_BODY" } });
    expect(harness.rules()).toEqual(["forbidden-trailer"]);
  });

  test("100 Continue is sent when somebody asks for the body, and not before", async () => {
    const exchanges: Exchange[] = [];
    const harness = await start((exchange) => void exchanges.push(exchange));
    const asked = clientOf(harness).ask("POST /", { body: "abc", expect: true });
    const exchange = await poll(() => exchanges[0]);
    expect(exchange.expectsContinue).toBe(true);
    await sleep(50);
    expect(exchange.over).toBe(false);
    echo(exchange);
    expect((await asked).body.toString()).toBe("abc");
  });

  test("early hints leave before the answer; 101 is no answer here", async () => {
    const harness = await start((exchange) => {
      exchange.inform(103, ["Link", "</a.css>; rel=preload"]);
      expect(() => exchange.inform(101, [])).toThrow(/101/);
      hello(exchange);
    });
    const answer = await clientOf(harness).ask("GET /");
    expect(answer.interim).toMatchObject([{ ":status": 103, link: "</a.css>; rel=preload" }]);
    expect(answer.status).toBe(200);
  });

  test("what nobody reads holds the client back, and costs no more than the window", async () => {
    const exchanges: Exchange[] = [];
    const harness = await start((exchange) => void exchanges.push(exchange));
    const client = clientOf(harness);
    const size = 4 * 2 ** 20;
    const asked = client.ask("POST /", { body: Buffer.alloc(size, "x") });
    const exchange = await poll(() => exchanges[0]);
    await sleep(100);
    let received = 0;
    let most = 0;
    exchange.readBody({
      data: (chunk) => {
        received += chunk.byteLength;
        most = Math.max(most, received);
        if (received < 300_000) return;
        exchange.pauseBody();
        if (received < size) setTimeout(() => exchange.resumeBody(), 1);
      },
      end: () => exchange.respond(200, "", [], String(received)),
      fail: (error) => exchange.abort(error),
    });
    expect((await asked).body.toString()).toBe(String(size));
  });

  test("an answer larger than all windows arrives whole, and writing heeds the client", async () => {
    const piece = Buffer.alloc(100_000, "y");
    let waits = 0;
    const harness = await start((exchange) => {
      if (exchange.target === "/whole") return exchange.respond(200, "", [], Buffer.alloc(3_000_000, "y"));
      exchange.start(200, "", []);
      let left = 30;
      const more = (): void => {
        while (left > 0) {
          left--;
          if (!exchange.write(piece)) {
            waits++;
            exchange.onDrain = more;
            return;
          }
        }
        exchange.end();
      };
      more();
    });
    const client = clientOf(harness);
    const [whole, streamed] = await Promise.all([client.ask("GET /whole"), client.ask("GET /streamed")]);
    expect(whole).toMatchObject({ status: 200, code: 0, headers: { "content-length": "3000000" } });
    expect(whole.body.length).toBe(3_000_000);
    expect(streamed.body.length).toBe(3_000_000);
    expect(waits).toBeGreaterThan(10);
  });

  test("an answer to an upload that nobody reads is whole, and the upload is called off", async () => {
    const harness = await start((exchange) => exchange.respond(403, "", [], "z".repeat(200_000)));
    const client = clientOf(harness);
    for (let i = 0; i < 3; i++) {
      const answer = await client.ask("POST /", { body: Buffer.alloc(500_000) });
      expect(answer).toMatchObject({ status: 403, code: 0 });
      expect(answer.body.length).toBe(200_000);
    }
  });
});

describe("answers", () => {
  test("have Server and Date, and nothing of HTTP/1 connections", async () => {
    const harness = await start((exchange) =>
      exchange.respond(
        200,
        "Fine",
        [
          "Connection",
          "close, X-Hop",
          "Keep-Alive",
          "timeout=5",
          "Transfer-Encoding",
          "chunked",
          "X-Ü".slice(0, 2) + "a",
          "é",
        ],
        "x",
      ),
    );
    const { status, headers } = await clientOf(harness).ask("GET /");
    expect(status).toBe(200);
    expect(headers).toMatchObject({ server: "junicorn", "content-length": "1", "x-a": "é" });
    expect(Date.parse(String(headers.date))).toBeGreaterThan(Date.now() - 5000);
    for (const name of ["connection", "keep-alive", "transfer-encoding"]) expect(headers).not.toHaveProperty(name);
  });

  test("repeated fields arrive all: cookies by themselves, others as a list", async () => {
    const harness = await start((exchange) =>
      exchange.respond(200, "", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Vary", "a", "Vary", "b"], null),
    );
    const { headers } = await clientOf(harness).ask("GET /");
    expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(headers.vary).toBe("a, b");
  });

  test.each([204, 205, 304])("%d has no body, whatever the application gave", async (status) => {
    const harness = await start((exchange) => {
      if (exchange.target === "/whole") return exchange.respond(status, "", [], "body");
      exchange.start(status, "", []);
      exchange.write("body");
      exchange.end();
    });
    const client = clientOf(harness);
    for (const path of ["/whole", "/streamed"])
      expect(await client.ask(`GET ${path}`)).toMatchObject({ status, body: Buffer.alloc(0), code: 0 });
  });

  test("HEAD says what a GET would bring, and brings nothing", async () => {
    const harness = await start((exchange) => {
      if (exchange.target === "/whole") return exchange.respond(200, "", [], "body");
      exchange.start(200, "", ["Content-Length", "4"]);
      exchange.write("body");
      exchange.end();
    });
    const client = clientOf(harness);
    for (const path of ["/whole", "/streamed"]) {
      const answer = await client.ask(`HEAD ${path}`);
      expect(answer).toMatchObject({ status: 200, headers: { "content-length": "4" }, code: 0 });
      expect(answer.body.length).toBe(0);
    }
  });

  test("what must not go on the wire throws, and nothing was sent", async () => {
    const harness = await start((exchange) => {
      expect(() => exchange.respond(200, "", ["X-Bad", "a\r\nb"], null)).toThrow(/X-Bad/);
      expect(() => exchange.start(200, "", ["X Bad", "a"])).toThrow(/X Bad/);
      expect(exchange.started).toBe(false);
      hello(exchange);
    });
    expect((await clientOf(harness).ask("GET /")).status).toBe(200);
  });

  test("an answer that breaks off, or is shorter than declared, does not look whole", async () => {
    const harness = await start((exchange) => {
      exchange.start(200, "", exchange.target === "/short" ? ["Content-Length", "10"] : []);
      exchange.write("first");
      if (exchange.target === "/abort") setTimeout(() => exchange.abort(new Error("on purpose")), 20);
      else expect(() => exchange.end()).toThrow(/Content-Length/);
    });
    const client = clientOf(harness);
    for (const path of ["/abort", "/short"]) expect((await client.ask(`GET ${path}`)).code).not.toBe(0);
    expect(client.closed).toBe(false); // the other streams go on
  });

  test.each([
    ["shorter than declared", ["Content-Length", "10"]],
    ["broken off in the moment it is written", []],
  ])("an answer that is %s never has the mark of a proper end", async (_what, headers) => {
    const harness = await start((exchange) => {
      exchange.start(200, "", [...headers]);
      exchange.write("first");
      if (headers.length > 0) expect(() => exchange.end()).toThrow(/Content-Length/);
      else exchange.abort(new Error("on purpose"));
    });
    const client = await frameClientOf(harness);
    client.send(frame(FrameType.HEADERS, WHOLE, 1, requestBlock("/")));
    expect(await poll(() => client.resetOf(1))).toBe(ErrorCode.INTERNAL_ERROR);
    const ends = client.frames.filter(
      ({ type, flags }) => type === FrameType.DATA && (flags & FrameFlag.END_STREAM) !== 0,
    );
    expect(ends).toEqual([]);
  });

  test("a client that gives up is heard of, whatever it was doing, and the session goes on", async () => {
    const reasons: string[] = [];
    const harness = await start((exchange) => {
      exchange.onAbort = (reason) => reasons.push((reason as { code?: string }).code ?? "");
      if (exchange.target !== "/stream") return;
      exchange.start(200, "", []);
      exchange.write("x");
    });
    const client = clientOf(harness);
    for (const path of ["/waiting", "/stream"]) {
      const stream = client.session.request({ ":path": path });
      stream.on("error", () => {});
      await poll(() => harness.engine.connections === 1);
      await sleep(30);
      stream.close(8);
    }
    await poll(() => reasons.length === 2);
    expect(reasons).toEqual(["ERR_CLIENT_GONE", "ERR_CLIENT_GONE"]);
    const last = client.session.request({ ":path": "/waiting" });
    last.on("error", () => {});
    await sleep(30);
    client.destroy();
    await poll(() => reasons.length === 3 && harness.closed() === 1);
  });
});
