/** Bodies that come with their heads on kept connections of the uws engine: however they are cut, whatever is behind them and whoever wants them, what the application gets is what was sent. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { askKept, keptByUws } from "../support/kept.ts";
import { RawClient, request, type Target } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";
import { temporaryFolder } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

const UWS = ["--worker-class", "async", "--http-engine", "uws"];
/** A head and a body of no more bytes go past uWebSockets. */
const MOST_WHOLE = 16 * 1024;

describe.runIf(HAS_UWS).each(["TCP", "a unix socket"])("over %s, a body", (kind) => {
  let server: Junicorn;
  let target: Target;
  beforeAll(async () => {
    const path = join(temporaryFolder({ onTestFinished: afterAll }), "bodies.sock");
    const args = [...UWS, "--interface", "node", "--bind", `unix:${path}`];
    server = await startJunicorn({ app: "./uws-shortcut.mjs", args, shared: true });
    target = kind === "TCP" ? server.port : path;
  });
  afterAll(() => server.kill());

  const kept = (): Promise<RawClient> => keptByUws(target);
  /** A request of so many bytes, as a whole. */
  const sized = (line: string, size: number): string => {
    const bodySize = size - request(line, {}, "x".repeat(size)).length + size;
    const text = request(line, {}, "x".repeat(bodySize));
    return text.length === size ? text : request(line, { "X-Pad": "" }, "x".repeat(bodySize - "X-Pad: \r\n".length));
  };

  it.each(["POST", "PUT", "PATCH", "DELETE", "GET"])("of %s is echoed", async (method) => {
    const client = await kept();
    for (const body of ["a", "text", "\0\xff\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "x".repeat(10_000)]) {
      const response = await askKept(client, request(`${method} /echo`, {}, body));
      expect(response.body.toString("latin1")).toBe(body);
    }
  });

  it("goes past uWebSockets up to 16 KiB with its head: names of fields come as they were sent", async () => {
    const client = await kept();
    for (const [size, isPast] of [
      [200, true],
      [MOST_WHOLE, true],
      [MOST_WHOLE + 1, false],
      [40_000, false],
      [200, true],
    ] as const) {
      const response = await askKept(client, sized("POST /inspect", size));
      expect(response.body.toString().includes('"Content-Length"'), `${size} bytes`).toBe(isPast);
    }
  });

  it.each([0, 1, 1000, 16_000, 17_000, 70_000])(
    "of %i bytes comes whole, and so does what is behind it",
    async (size) => {
      const client = await kept();
      const body = "abcdefg".repeat(size / 7 + 1).slice(0, size);
      const post = request("POST /echo", size === 0 ? { "Content-Length": "0" } : {}, body);
      // An answer of over 14 KiB may be pending for longer: nothing is to be sent behind its request.
      const more = size > 14_000 ? [] : [request("GET /hello"), post, post + request("GET /hello")];
      for (const behind of ["", ...more]) {
        await client.send(post + behind);
        expect((await client.read()).body.toString() === body).toBe(true);
        if (behind.startsWith("POST")) expect((await client.read()).body.toString() === body).toBe(true);
        if (behind.endsWith("\r\n\r\n") && behind.includes("GET"))
          expect((await client.read()).body.toString()).toBe("hello\n");
        expect((await askKept(client, "GET /hello")).body.toString()).toBe("hello\n");
      }
    },
  );

  it("is echoed wherever it is cut", async () => {
    const client = await kept();
    const post = request("POST /echo", {}, "a body of some bytes");
    for (let cut = 1; cut < post.length; cut++) {
      await client.send(post, [cut, Math.min(post.length, cut + 1 + (cut % 5))]);
      expect((await client.read()).body.toString(), `cut at ${cut}`).toBe("a body of some bytes");
      expect((await askKept(client, post)).body.toString(), `after a cut at ${cut}`).toBe("a body of some bytes");
    }
  });

  it("that is shorter than its length has to be waited for, and one that is longer begins the next request", async () => {
    const client = await kept();
    await client.send(request("POST /echo", { "content-LENGTH": "4" }) + "bod");
    await client.send("y");
    expect((await client.read()).body.toString()).toBe("body");
    await client.send(request("POST /echo", { "Content-Length": "4" }) + "bodyGET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    for (const text of ["body", "hello\n"]) expect((await client.read()).body.toString()).toBe(text);
  });

  it.each([
    ["two lengths", { "Content-Length": "4", "content-length": "4" }],
    ["a length that is none", { "Content-Length": "+4" }],
    ["two ways to tell its end", { "Content-Length": "4", "Transfer-Encoding": "chunked" }],
    ["a tab behind its length", { "Content-Length": "4\t" }],
  ])("with %s is refused", async (_, fields) => {
    const client = await kept();
    expect((await askKept(client, request("POST /echo", fields) + "body")).status).toBe(400);
    expect(await client.closed()).toBe(true);
  });

  it("that nobody reads is in nobody's way", async () => {
    const client = await kept();
    for (const line of ["POST /unread", "POST /own-fields", "POST /status?code=204", "POST /throw"]) {
      const { status } = await askKept(client, request(line, {}, "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"));
      expect(status).toBe({ "POST /status?code=204": 204, "POST /throw": 500 }[line] ?? 200);
      expect((await askKept(client, "GET /hello")).body.toString()).toBe("hello\n");
    }
  });

  it.each(["later", "once the answer has begun", "in pieces, late"])("that is read %s is all there", async (when) => {
    const client = await kept();
    for (const size of [10, 5000]) {
      const body = "x".repeat(size);
      const response = await askKept(client, request(`POST /read?when=${encodeURIComponent(when)}`, {}, body));
      expect(response.body.toString()).toBe(`${when}: ${body}`);
      expect((await askKept(client, "GET /hello")).body.toString()).toBe("hello\n");
    }
  });

  it.each(["/cut-at-body", "/large-at-body"])("that ends the connection is the last of it (%s)", async (path) => {
    const seen = async (): Promise<number> => {
      const other = await kept();
      return JSON.parse((await askKept(other, "GET /seen")).body.toString()).served;
    };
    const before = await seen();
    const client = await kept();
    await client.send(request(`POST ${path}`, { Connection: "close" }, "body") + request("GET /sized?bytes=1"));
    await expect.poll(() => client.ended || client.error !== null).toBe(true);
    expect(await seen()).toBe(before);
  });

  it("that ends the connection has its large answer, whatever is behind it", async () => {
    for (const behind of ["", "\r\n", "x"]) {
      const client = await kept();
      await client.send(request("POST /large-at-body", { Connection: "close" }, "body") + behind);
      expect((await client.read()).body.length).toBe(100_000);
      await expect.poll(() => client.ended || client.error !== null).toBe(true);
    }
  });

  it("comes with an answer that ends the connection", async () => {
    const client = await kept();
    const response = await askKept(client, request("POST /read?when=later&last", {}, "body"));
    expect([response.body.toString(), valueOf(response, "connection")]).toEqual(["later: body", "close"]);
    expect(await client.closed()).toBe(true);
    const other = await kept();
    const last = await askKept(other, request("POST /echo", { Connection: "close" }, "body"));
    expect([last.body.toString(), valueOf(last, "connection")]).toEqual(["body", "close"]);
    expect(await other.closed()).toBe(true);
  });
});

describe.runIf(HAS_UWS).each(["uws", "llhttp"])("a body that is read after the answer, on %s,", (engine) => {
  let server: Junicorn;
  beforeAll(async () => {
    const args = ["--worker-class", "async", "--http-engine", engine, "--interface", "fetch"];
    server = await startJunicorn({ app: "./uws-shortcut.mjs:fetcher", args, shared: true });
  });
  afterAll(() => server.kill());

  it.each([
    ["a part of it was here by then", 10, 5, "ERR_REQUEST_ANSWERED"],
    ["none of it was here by then", 10, 0, "ERR_REQUEST_ANSWERED"],
    ["all of it was here by then", 10, 10, "x".repeat(10)],
  ])("is what it is: %s", async (_, size, before, expected) => {
    const client = await RawClient.connect(server.port);
    onTestFinished(() => client.destroy());
    for (let i = 0; i < 2; i++) {
      expect((await askKept(client, "GET /hello")).body.toString()).toBe("hello\n");
      const response = await askKept(
        client,
        request("POST /read-late", { "Content-Length": String(size) }) + "x".repeat(before),
      );
      expect(response.body.toString()).toBe("early");
      await client.send("x".repeat(size - before));
      await expect
        .poll(async () => JSON.parse((await askKept(client, "GET /seen")).body.toString()).late)
        .toBe(expected);
    }
  });
});

describe.runIf(HAS_UWS).each(["fetch", "node", "wsgi"])("--limit-request-body (%s)", (name) => {
  it("holds for a body that comes with its head", async () => {
    const args = [...UWS, "--interface", name, "--limit-request-body", "1000"];
    const server = await startJunicorn({ app: `./conformance-${name}.mjs`, args });
    const client = await keptByUws(server.port);
    expect((await askKept(client, request("POST /echo", {}, "x".repeat(1000)))).body.length).toBe(1000);
    expect((await askKept(client, request("POST /echo", {}, "x".repeat(1001)))).status).toBe(413);
    expect(await client.closed()).toBe(true);
  });
});
