/** The table of docs/engines.md, row by row: how uWebSockets differs on a connection that it serves, and that the way out is one. */

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { RawClient, request, type RawResponse } from "../support/raw-client.ts";
import { valueOf, valuesOf } from "../support/response-parser.ts";
import { HAS_UWS } from "../support/uws.ts";

const servers = new Map<string, Junicorn>();

beforeAll(async () => {
  if (!HAS_UWS) return;
  for (const engine of ["uws", "llhttp"]) {
    const args = ["--worker-class", "async", "--http-engine", engine, "--interface", "node", "--bind", "0.0.0.0:0"];
    servers.set(engine, await startJunicorn({ app: "./uws-differences.mjs", args, shared: true }));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.kill();
});

describe.runIf(HAS_UWS)("what uWebSockets refuses by itself", () => {
  const fields = Array.from({ length: 99 }, (_, i) => `X-${i}: 1\r\n`).join("");
  it.each([
    ["a request without Host", "GET /hello HTTP/1.1\r\n\r\n", 400, 400],
    ["a control character in a value", request("GET /hello", { A: "\x01" }), 400, 400],
    ["a bad character in a name", request("GET /hello", { "A@": "1" }), 400, 400],
    ["a hundred fields", `GET /hello HTTP/1.1\r\nHost: h\r\n${fields}\r\n`, 431, 200],
    ["HTTP/1.0", request("GET /hello HTTP/1.0"), 505, 200],
    ["a target in absolute form", request("GET http://junicorn.test/hello"), 505, 200],
    ["a target in asterisk form", request("OPTIONS *"), 505, 200],
  ])("%s gets its own page and no line in the log", async (_, bytes, onUws, onLlhttp) => {
    const client = await kept("uws");
    const before = server("uws").output.length;
    await client.send(bytes);
    const { status, body, headers } = await client.read();
    expect(status).toBe(onUws);
    expect(body.toString()).toMatch(/^<h1>/);
    expect(headers).toEqual([["Connection", "close"]]);
    expect(await client.closed()).toBe(true);
    await again("uws", "GET /hello");
    expect(server("uws").output.slice(before)).not.toMatch(/WARNING/);
    expect((await again("llhttp", bytes)).status).toBe(onLlhttp);
    // As the first of its connection it never gets to uWebSockets.
    expect((await fresh("uws", bytes)).status).toBe(onLlhttp);
    if (onLlhttp === 400) await poll(() => /WARNING/.test(server("uws").output.slice(before)));
  });

  it("a length of more digits than it takes does not get to the application before its page is sent", async () => {
    const bytes = request("GET /hello", { "Content-Length": "0".repeat(19) });
    const before = server("uws").output.length;
    expect((await again("uws", bytes)).status).toBe(400);
    await poll(() => /WARNING.*\(bad-content-length\)/.test(server("uws").output.slice(before)));
    expect((await again("llhttp", bytes)).status).toBe(200);
    expect((await fresh("uws", bytes)).status).toBe(200);
    expect((await again("uws", request("GET /hello", { "Content-Length": "0".repeat(18) }))).status).toBe(200);
  });
});

describe.runIf(HAS_UWS)("what the application sees", () => {
  const odd = request("GET /inspect", { "X-MiXed": "1", "X-Inner": "a\xe9b", "X-Last": "a\xe9" });
  it("names of fields in lower case where uWebSockets itself parses them, and all bytes of values", async () => {
    const exact = ["Host", "junicorn.test", "X-MiXed", "1", "X-Inner", "a\xe9b", "X-Last", "a\xe9"];
    const lower = exact.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
    const twice = await kept("uws");
    await twice.send(odd + odd);
    for (let i = 0; i < 2; i++) expect(headersSeen(await twice.read())).toEqual(exact);
    for (const [size, ofUws] of [
      [1, [...exact, "Content-Length", "1"]],
      [20_000, [...lower, "content-length", "20000"]],
    ] as const) {
      const fields = `\r\nContent-Length: ${size}\r\n\r\n`;
      const withBody = odd.replace("GET", "POST").replace("\r\n\r\n", fields) + "x".repeat(size);
      expect(headersSeen(await again("uws", withBody))).toEqual(ofUws);
      expect(headersSeen(await again("llhttp", withBody))).toEqual([...exact, "Content-Length", String(size)]);
    }
    for (const engine of ["uws", "llhttp"]) expect(headersSeen(await again(engine, odd))).toEqual(exact);
    expect(headersSeen(await fresh("uws", odd))).toEqual(exact);
  });

  it.each(["uws", "llhttp"])("no request with a field without a name (%s)", async (engine) => {
    const bytes = "GET /hello HTTP/1.1\r\nHost: h\r\n: x\r\nX-After: 1\r\n\r\n";
    const client = await kept(engine);
    const before = server(engine).output.length;
    await client.send(bytes);
    const { status, body } = await client.read();
    expect([status, body.toString()]).toEqual([400, expect.stringContaining("header name")]);
    expect(await client.closed()).toBe(true);
    await poll(() => server(engine).output.slice(before).includes(`127.0.0.1:${client.socket.localPort}`));
    expect(server(engine).output.slice(before)).toMatch(/WARNING.*bad-field-name/);
    expect((await fresh(engine, bytes)).status).toBe(400);
  });

  it("nothing after such a request: neither its body, nor what comes in the same segment", async () => {
    const inner = request("GET /inspect", { "X-Inner": "1" });
    for (const fields of [
      `: x\r\nContent-Length: ${inner.length}\r\n`,
      ": x\r\n",
      "Content-Type: a\r\nContent-Type: a\r\n",
    ]) {
      for (const splits of [[], [60]]) {
        const client = await kept("uws");
        await client.send(`GET /hello HTTP/1.1\r\nHost: h\r\n${fields}\r\n${inner}`, splits);
        await client.closed();
        expect(client.pending.toString("latin1")).not.toContain("x-inner");
        expect(client.pending.toString("latin1")).not.toContain(" 200 ");
      }
    }
  });

  it("the port of the client until it is answered, and the listener's address for its own", async () => {
    for (const engine of ["uws", "llhttp"]) {
      const client = await kept(engine);
      const remotePort = client.socket.localPort;
      await client.send(request("GET /peer"));
      expect(JSON.parse((await client.read()).body.toString())).toMatchObject({
        remoteAddress: "127.0.0.1",
        remotePort,
      });
    }
    const [, wildcard] = server("uws").ports;
    const client = await kept("uws", wildcard);
    await client.send(request("GET /peer"));
    expect(JSON.parse((await client.read()).body.toString())).toMatchObject({ localAddress: "0.0.0.0" });
  });
});

describe.runIf(HAS_UWS)("answers", () => {
  it("100 Continue is sent at once, read or not", async () => {
    const bytes = request("POST /unread", { Expect: "100-continue", "Content-Length": "4" });
    expect((await again("uws", bytes)).interim).toMatchObject([{ status: 100 }]);
    expect((await again("llhttp", bytes)).interim).toEqual([]);
    expect((await fresh("uws", bytes)).interim).toEqual([]);
  });

  it("103 Early Hints is not sent", async () => {
    expect((await again("uws", "GET /early")).interim).toEqual([]);
    expect((await again("llhttp", "GET /early")).interim).toMatchObject([{ status: 103 }]);
  });

  it("trailers are not sent", async () => {
    const bytes = request("GET /trailers", { TE: "trailers" });
    expect((await again("uws", bytes)).trailers).toEqual([]);
    expect((await again("llhttp", bytes)).trailers).toEqual([["X-Sum", "4"]]);
    expect((await fresh("uws", bytes)).trailers).toEqual([["X-Sum", "4"]]);
  });

  it("the head of a chunked answer leaves with its first bytes", async () => {
    for (const engine of ["uws", "llhttp"]) {
      const client = await kept(engine);
      await client.send(request("GET /held"));
      if (engine === "llhttp") await client.readBytes(1);
      await again(engine, "GET /hello");
      expect(client.pending.length > 0).toBe(engine === "llhttp");
      await again(engine, "GET /release");
      expect((await client.read()).body.toString()).toBe("released");
    }
  });

  it("a kept connection is not announced", async () => {
    expect(valueOf(await again("uws", "GET /hello"), "connection")).toBeUndefined();
    expect(valueOf(await again("llhttp", "GET /hello"), "connection")).toBe("keep-alive");
  });

  it("the application's Date is replaced", async () => {
    expect(valuesOf(await again("uws", "GET /own-fields"), "date")).not.toContain("Thu, 01 Jan 1970 00:00:00 GMT");
    expect(valuesOf(await again("llhttp", "GET /own-fields"), "date")).toEqual(["Thu, 01 Jan 1970 00:00:00 GMT"]);
  });
});

describe.runIf(HAS_UWS)("connections", () => {
  it("idle ones are closed after about 10 s, whatever --keep-alive says; those with a pending request are not", async () => {
    const client = await kept("uws");
    const line = "POST /delay?ms=12500&say=late";
    const pending = await Promise.all(
      [request(line, {}, "body"), `${request(line, { "Transfer-Encoding": "chunked" })}4\r\nbody\r\n0\r\n\r\n`].map(
        async (bytes) => {
          const other = await kept("uws");
          await other.send(bytes);
          return other;
        },
      ),
    );
    const began = performance.now();
    expect(await client.closed(20_000)).toBe(true);
    expect(performance.now() - began).toBeGreaterThan(5000);
    for (const each of pending) expect((await each.read("POST")).body.toString()).toBe("late");
  });

  it("an upload of less than 16 KiB/s is dropped", { timeout: 40_000 }, async () => {
    const client = await kept("uws");
    await client.send(request("POST /inspect", { "Content-Length": "1000000" }));
    const dripping = setInterval(() => client.socket.write("x"), 100);
    onTestFinished(() => clearInterval(dripping));
    expect(await client.closed(30_000)).toBe(true);
  });

  it("a client that shuts down its sending half counts as gone", async () => {
    const client = await kept("uws");
    await client.send(request("GET /delay?ms=50&say=late"));
    client.halfClose();
    expect(await client.closed()).toBe(true);
    expect((await halfClosed("llhttp")).body.toString()).toBe("late");
  });

  it("one that pipelines past the pending answer to a request with a chunked body is closed", async () => {
    const first = `${request("POST /delay?ms=50&say=first", { "Transfer-Encoding": "chunked" })}0\r\n\r\n`;
    const client = await kept("uws");
    await client.send(first + request("GET /hello"));
    expect(await client.closed()).toBe(true);
    const other = await kept("llhttp");
    await other.send(first + request("GET /hello"));
    expect((await other.read("POST")).body.toString()).toBe("first");
    expect((await other.read()).body.toString()).toBe("hello\n");
  });

  const next = request("GET /hello");
  it.each(["uws", "llhttp"])("nothing is served after an answer that ends the connection (%s)", async (engine) => {
    for (const last of [
      request("GET /hello", { Connection: "close" }),
      request("POST /unread", { Connection: "close", "Content-Length": "2" }) + "ab",
      request("GET /closing"),
      request("GET /closing?streamed"),
    ]) {
      const client = await kept(engine);
      await client.send(last + next + next);
      expect(valueOf(await client.read(), "connection")).toBe("close");
      await client.send(next).catch(() => {});
      await again(engine, "GET /delay?ms=20&say=now");
      expect(client.pending.toString("latin1")).not.toContain(" 200 ");
    }
  });

  it.each([
    ["at once", ""],
    ["at the end of a body", "x".repeat(10)],
  ])("an answer that ends its connection, given %s, is sent whole, whatever is behind", async (_, body) => {
    const client = await kept("uws");
    await client.send(request("POST /closing?large", {}, body) + next + next);
    client.socket.pause();
    await again("uws", "GET /delay?ms=50&say=now");
    client.socket.resume();
    expect((await client.read("POST")).body.length).toBe(8 << 20);
    expect(client.pending.length).toBe(0);
  });

  it("nothing is served behind an answer that is given between two pieces of a chunked body", async () => {
    const client = await kept("uws");
    const chunk = "1\r\na\r\n";
    const whole = `${request("POST /closing?tick", { "Transfer-Encoding": "chunked" })}${chunk}${chunk}0\r\n\r\n${next}`;
    await client.send(whole, [whole.indexOf(chunk) + chunk.length]);
    expect(valueOf(await client.read("POST"), "connection")).toBe("close");
    await again("uws", "GET /delay?ms=20&say=now");
    expect(client.pending.length).toBe(0);
  });

  const smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  it.each([
    ["/hello", "an answer that is given at once"],
    ["/inspect", "an answer to the whole body"],
    ["/echo", "a streamed answer"],
    ["/declared?length=5&bytes=5", "an answer of declared length"],
    ["/status?code=204", "an answer without a body"],
  ])("a trailer that looks like a request is never served as one (%s: %s)", async (path) => {
    const chunked = `${request(`POST ${path}`, { "Transfer-Encoding": "chunked" })}3\r\nabc\r\n0\r\n`;
    for (const between of ["x:", "xy"]) {
      const whole = chunked + between + smuggled;
      for (const splits of [[], [whole.length - smuggled.length], [whole.indexOf("3\r\nabc")]]) {
        const client = await kept("uws");
        await client.send(whole, splits);
        await again("uws", "GET /delay?ms=20&say=now");
        expect(client.pending.toString("latin1")).not.toContain("smuggled");
      }
    }
  });
});

// --- internal ---

function server(engine: string): Junicorn {
  const found = servers.get(engine);
  if (!found) throw new Error("the server did not start");
  return found;
}

/** A connection that has been answered once: the engine it is on is the one that was asked for. */
async function kept(engine: string, port = server(engine).port): Promise<RawClient> {
  const client = await RawClient.connect(port);
  onTestFinished(() => client.destroy());
  await client.send(request("GET /hello"));
  expect((await client.read()).status).toBe(200);
  return client;
}

/** The answer to a later request of a connection; a line stands for a whole request. */
async function again(engine: string, text: string): Promise<RawResponse> {
  return answer(await kept(engine), text);
}

/** The answer to the first request of a connection. */
async function fresh(engine: string, text: string): Promise<RawResponse> {
  return answer(await RawClient.connect(server(engine).port), text);
}

async function answer(client: RawClient, text: string): Promise<RawResponse> {
  await client.send(text.includes("\r\n") ? text : request(text));
  const response = await client.read(text.trimStart().split(" ", 1)[0]);
  client.destroy();
  return response;
}

async function halfClosed(engine: string): Promise<RawResponse> {
  const client = await kept(engine);
  await client.send(request("GET /delay?ms=50&say=late"));
  client.halfClose();
  return client.read();
}

function headersSeen({ body }: RawResponse): string[] {
  return (JSON.parse(body.toString()) as { headers: string[] }).headers;
}
