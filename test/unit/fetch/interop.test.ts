/** The light classes among Node's: instanceof both ways, fetch(), and what Node itself makes of them. */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nodeClasses, nodeFetch } from "../../../src/adapters/fetch/classes/node-classes.ts";
import { LightRequest } from "../../../src/adapters/fetch/classes/request.ts";
import { installFastFetch, uninstallFastFetch } from "../../../src/adapters/fetch/index.ts";
import { CountingExchange, serve } from "./support.ts";

const { Request: NodeRequest, Response: NodeResponse, Headers: NodeHeaders } = nodeClasses();

let server: Server;
let origin: string;
let received: { message: IncomingMessage; body: string } | undefined;

beforeAll(async () => {
  server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      received = { message, body };
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      if (message.url === "/gzip") response.setHeader("content-encoding", "gzip").end(gzipSync("from afar"));
      else response.writeHead(207, { "x-from": "afar" }).end(`${message.method} ${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("installed", () => {
  beforeEach(installFastFetch);
  afterEach(uninstallFastFetch);

  test("the globals are ours, and come back", () => {
    expect([Request, Response, Headers, fetch].map((one) => one === (NodeRequest as unknown))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const [before, fetchBefore] = [Response, fetch];
    installFastFetch();
    expect([Response === before, fetch === fetchBefore, fetch.name, fetch.length]).toEqual([true, true, "fetch", 1]);
    uninstallFastFetch();
    expect([Request, Response, Headers, fetch]).toEqual([NodeRequest, NodeResponse, NodeHeaders, nodeFetch]);
    expect(Object.keys(globalThis)).not.toContain("Response");
  });
  test("instanceof holds both ways", () => {
    const pairs = [
      [new Response(), NodeResponse],
      [new NodeResponse(), Response],
      [new Request(origin), NodeRequest],
      [new NodeRequest(origin), Request],
      [new Headers(), NodeHeaders],
      [new NodeHeaders(), Headers],
      [new Response().headers, NodeHeaders],
      [new NodeResponse().headers, Headers],
      [new Request(origin).headers, Headers],
      [new LightRequest(new CountingExchange()), NodeRequest],
      [new LightRequest(new CountingExchange()), Request],
    ] as [object, new () => object][];
    for (const [value, kind] of pairs) expect(value instanceof kind).toBe(true);
    for (const value of [{}, null, undefined, 1, "s", new Map(), Object.create(null)]) {
      for (const kind of [Request, Response, Headers]) expect((value as unknown) instanceof kind).toBe(false);
    }
    expect([
      new Response() instanceof Request,
      new Request(origin) instanceof (Response as never),
      new Headers() instanceof (Response as never),
    ]).toEqual([false, false, false]);
  });
  test("Node's Headers and Responses are taken as init", async () => {
    const headers = new NodeHeaders([
      ["a", "1"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    expect(new Headers(headers).getSetCookie()).toEqual(["a=1", "b=2"]);
    const node = new NodeResponse("body", { status: 201, headers });
    const copy = new Response(node.body, node);
    expect([copy.status, copy.headers.get("a"), copy.headers.getSetCookie(), await copy.text()]).toEqual([
      201,
      "1",
      ["a=1", "b=2"],
      "body",
    ]);
  });
  test("ours are taken as init by Node's", async () => {
    const ours = new Response("body", {
      status: 201,
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    });
    const node = new NodeResponse(ours.body, ours);
    expect([node.status, node.headers.getSetCookie(), await node.text()]).toEqual([201, ["a=1", "b=2"], "body"]);
    const request = new NodeRequest(origin, new Request(origin, { method: "POST", body: "x" }));
    expect([request.method, await request.text()]).toEqual(["POST", "x"]);
  });
  test("fetch() takes a URL, our Request, our Headers, a FormData", async () => {
    expect(await (await fetch(`${origin}/`)).text()).toBe("GET ");
    const response = await fetch(new Request(`${origin}/`, { method: "POST", body: "hi", headers: { "x-a": "1" } }));
    expect([response.status, response.headers.get("x-from"), await response.text()]).toEqual([207, "afar", "POST hi"]);
    expect(received!.message.headers["x-a"]).toBe("1");
    await fetch(origin, { method: "PUT", headers: new Headers({ "x-b": "2" }), body: new URLSearchParams("a=b") });
    expect([received!.message.headers["x-b"], received!.body]).toEqual(["2", "a=b"]);
    const form = new FormData();
    form.set("field", "value");
    await fetch(origin, { method: "POST", body: form });
    expect(received!.body).toContain('name="field"\r\n\r\nvalue');
    await fetch(new Request(origin, { method: "POST", body: "old" }), {
      method: "PUT",
      body: "new",
      headers: { "x-c": "3" },
    });
    expect([received!.body, received!.message.headers["x-c"]]).toEqual(["new", "3"]);
  });
  test("fetch() of a streamed Response's body", async () => {
    await fetch(origin, { method: "POST", body: new Response("streamed").body, duplex: "half" } as never);
    expect(received!.body).toBe("streamed");
  });
  test("fetch() honours the signal and its errors are Node's", async () => {
    await expect(fetch(origin, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
    await expect(fetch("http://127.0.0.1:1/")).rejects.toBeInstanceOf(TypeError);
    await expect((fetch as () => Promise<unknown>)()).rejects.toBeInstanceOf(TypeError);
  });
  test("a proxy: the incoming Request goes to fetch(), its Response comes back untouched", async () => {
    const { exchange, failures } = serve((request: Request) => fetch(new Request(`${origin}/`, request)), {
      method: "POST",
      headers: [
        "Host",
        "example.test",
        "Connection",
        "keep-alive, x",
        "Expect",
        "100-continue",
        "Transfer-Encoding",
        "chunked",
        "X-A",
        "1",
      ],
      body: ["up", "stream"],
    });
    await exchange.finished();
    expect([failures, exchange.status, exchange.bodyText]).toEqual([[], 207, "POST upstream"]);
    const cookies = exchange.responseHeaders.filter((_, i, list) => i % 2 === 1 && list[i - 1] === "set-cookie");
    expect(exchange.responseHeaders).not.toContain("connection");
    expect(exchange.responseHeaders).not.toContain("transfer-encoding");
    expect([cookies, received!.message.headers["x-a"], received!.message.headers.expect]).toEqual([
      ["a=1", "b=2"],
      "1",
      undefined,
    ]);
  });
  test("a proxy by the incoming Request itself", async () => {
    const { exchange } = serve((request: Request) => fetch(request), {
      target: "/",
      headers: ["Host", origin.slice(7), "Keep-Alive", "timeout=5"],
    });
    await exchange.finished();
    expect([exchange.status, exchange.bodyText]).toEqual([207, "GET "]);
  });
  test("a compressed Response from afar is sent as it was decoded", async () => {
    const { exchange } = serve(() => fetch(`${origin}/gzip`));
    await exchange.finished();
    expect([exchange.bodyText, exchange.responseHeaders.includes("content-encoding")]).toEqual(["from afar", false]);
  });
  test("WebAssembly takes our Response", async () => {
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    const response = new Response(bytes, { headers: { "content-type": "application/wasm" } });
    const { WebAssembly } = globalThis as unknown as {
      WebAssembly: { compileStreaming(source: unknown): Promise<object> };
    };
    expect(Object.prototype.toString.call(await WebAssembly.compileStreaming(response))).toBe(
      "[object WebAssembly.Module]",
    );
  });
});
