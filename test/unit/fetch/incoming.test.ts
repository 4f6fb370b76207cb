/** The light Request of an incoming exchange: what it says, and how its body is read. */

import { describe, expect, test } from "vitest";
import { LightRequest, nodeRequestOf } from "../../../src/adapters/fetch/classes/request.ts";
import type { FetchInfo } from "../../../src/adapters/fetch/index.ts";
import { CountingExchange, serve, type ServeOptions } from "./support.ts";
import { readAll, rejectsWith } from "./wpt/subjects.ts";

function incoming(options: ServeOptions = {}): { exchange: CountingExchange; request: LightRequest } {
  const exchange = new CountingExchange(options);
  return { exchange, request: new LightRequest(exchange) };
}

describe("the request", () => {
  test("members", () => {
    const { request } = incoming({
      method: "PURGE",
      target: "/a",
      headers: ["Host", "example.test", "X-A", "1", "x-a", "2", "Cookie", "a=b", "cookie", "c=d"],
    });
    expect([request.method, request.headers.get("x-a"), request.headers.get("cookie"), request.ip]).toEqual([
      "PURGE",
      "1, 2",
      "a=b; c=d",
      "192.0.2.1",
    ]);
    expect(request.headers).toBe(request.headers);
    const {
      body,
      bodyUsed,
      mode,
      credentials,
      cache,
      redirect,
      referrer,
      referrerPolicy,
      integrity,
      keepalive,
      destination,
      duplex,
    } = request;
    expect({
      body,
      bodyUsed,
      mode,
      credentials,
      cache,
      redirect,
      referrer,
      referrerPolicy,
      integrity,
      keepalive,
      destination,
      duplex,
    }).toEqual({
      body: null,
      bodyUsed: false,
      mode: "cors",
      credentials: "same-origin",
      cache: "default",
      redirect: "follow",
      referrer: "about:client",
      referrerPolicy: "",
      integrity: "",
      keepalive: false,
      destination: "",
      duplex: "half",
    });
  });
  test("changing its headers leaves the exchange's alone", () => {
    const { exchange, request } = incoming({ headers: ["Host", "a", "X", "1"] });
    request.headers.set("x", "2");
    request.headers.append("y", "3");
    expect(exchange.rawHeaders).toEqual(["Host", "a", "X", "1"]);
    expect(request.headers.get("x")).toBe("2");
  });
  test("the signal: nothing is listened to before somebody asks", () => {
    const { exchange, request } = incoming();
    expect(exchange.onAbort).toBeNull();
    expect([request.signal.aborted, request.signal === request.signal]).toEqual([false, true]);
    expect(exchange.onAbort).not.toBeNull();
  });
  test("the signal of each clone is aborted when the client goes", async () => {
    const { exchange, request } = incoming();
    const clone = request.clone();
    const signals = [request.signal, clone.signal];
    exchange.clientGone();
    await exchange.until(() => signals.every((signal) => signal.aborted));
    expect((request.signal.reason as Error).name).toBe("AbortError");
    expect(incomingAfter(exchange).signal.aborted).toBe(true);
  });
  const incomingAfter = (exchange: CountingExchange) => new LightRequest(exchange);
  test("inspect() and the string tag", async () => {
    const { inspect } = await import("node:util");
    const { request } = incoming({ target: "/a" });
    expect(inspect(request)).toContain("method: 'GET',\n  url: 'http://example.test/a'");
    expect(Object.prototype.toString.call(request)).toBe("[object Request]");
  });
});

describe("the body", () => {
  const post = (options: ServeOptions = {}) => incoming({ method: "POST", body: ["héł", "lo"], ...options });

  test("is not asked for by looking at it", async () => {
    const { exchange, request } = post({ headers: ["Host", "a", "Expect", "100-continue"] });
    void [request.body, request.bodyUsed, request.headers, request.signal];
    await exchange.turns(3);
    expect([exchange.bodyRequested, exchange.continued]).toEqual([false, false]);
    await request.text();
    expect([exchange.bodyRequested, exchange.continued]).toEqual([true, true]);
  });
  test("text(), json(), arrayBuffer(), bytes(), blob()", async () => {
    expect(await post().request.text()).toBe("héłlo");
    expect(await post({ body: ['{"a":', "1}"] }).request.json()).toEqual({ a: 1 });
    expect(Buffer.from(await post().request.arrayBuffer()).toString()).toBe("héłlo");
    expect((await post().request.bytes()).constructor).toBe(Uint8Array);
    const blob = await post({ headers: ["Content-Type", "a/b"] }).request.blob();
    expect([blob.type, await blob.text()]).toEqual(["a/b", "héłlo"]);
  });
  test("formData(), of both encodings", async () => {
    const urlencoded = post({ headers: ["Content-Type", "application/x-www-form-urlencoded"], body: ["a=1&b", "=2"] });
    expect([...(await urlencoded.request.formData())]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    const text =
      '--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nfile\r\n--x--\r\n';
    const multipart = post({ headers: ["Content-Type", "multipart/form-data; boundary=x"], body: [text] });
    const file = (await multipart.request.formData()).get("f") as File;
    expect([file.name, await file.text()]).toEqual(["a.txt", "file"]);
  });
  test("is used up by reading", async () => {
    const { request } = post();
    const text = request.text();
    expect(request.bodyUsed).toBe(true);
    await rejectsWith(request.text(), TypeError);
    expect(() => request.clone()).toThrow(TypeError);
    await text;
    expect(request.body!.locked || request.bodyUsed).toBe(true);
  });
  test("as a stream, also when chunks share their memory", async () => {
    const { request } = post({ body: ["a", "b", new Uint8Array([99])] });
    expect(await readAll(request.body!)).toBe("abc");
    expect(request.bodyUsed).toBe(true);
    expect(Buffer.from("still usable").toString()).toBe("still usable");
  });
  test("clone() reads apart", async () => {
    const { request } = post();
    const clone = request.clone();
    expect(await Promise.all([request.text(), clone.text()])).toEqual(["héłlo", "héłlo"]);
  });
  test("a slow reader pauses the client, and reading on resumes it", async () => {
    const size = 32 * 1024;
    const { exchange, request } = post({ body: Array.from({ length: 20 }, () => new Uint8Array(size)) });
    const reader = request.body!.getReader();
    await reader.read();
    await exchange.until(() => exchange.paused);
    await exchange.turns(5);
    let bytes = size;
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value: Uint8Array };
      if (done) break;
      bytes += value.length;
    }
    expect([bytes, exchange.paused]).toEqual([20 * size, false]);
  });
  test("cancelling pauses the client and drops what still comes", async () => {
    const { exchange, request } = post({ body: ["a", "b", "c"] });
    const reader = request.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(exchange.paused).toBe(true);
    exchange.resumeBody();
    await exchange.turns(5);
    expect(request.bodyUsed).toBe(true);
  });
  test("a body that fails rejects its readers", async () => {
    const error = new Error("cut");
    for (const read of [(r: LightRequest) => r.text(), (r: LightRequest) => readAll(r.body!)]) {
      const { exchange, request } = incoming({ method: "POST", openBody: true });
      const reading = read(request);
      await exchange.until(() => exchange.bodyRequested);
      exchange.failBody(error);
      await expect(reading).rejects.toBe(error);
    }
  });
  test("an echo keeps the length and streams", async () => {
    const { exchange } = serve((request: LightRequest) => new Response(request.body), {
      method: "POST",
      body: ["ab", "cd"],
    });
    await exchange.finished();
    expect([exchange.bodyText, exchange.responseHeaders]).toEqual(["abcd", ["Content-Length", "4"]]);
  });
});

describe("copies", () => {
  test("new Request(incoming, init)", async () => {
    const { request } = incoming({
      method: "POST",
      target: "/a",
      headers: ["Host", "h.test", "X", "1"],
      body: ["body"],
    });
    const copy = new LightRequest(request, { headers: { y: "2" } });
    expect([copy.method, copy.url, [...copy.headers]]).toEqual(["POST", "http://h.test/a", [["y", "2"]]]);
    expect(await copy.text()).toBe("body");
    expect(request.bodyUsed).toBe(true);
  });
  test("new Request(incoming, { body }) leaves the incoming body unread", async () => {
    const { exchange, request } = incoming({ method: "POST", body: ["old"] });
    expect(await new LightRequest(request, { body: "new" }).text()).toBe("new");
    expect([exchange.bodyRequested, await request.text()]).toEqual([false, "old"]);
  });
  test("new Request(url, incoming)", async () => {
    const { request } = incoming({ method: "PUT", headers: ["X", "1"], body: ["body"] });
    const copy = new LightRequest("http://other.test/", request as unknown as RequestInit);
    expect([copy.method, copy.headers.get("x"), await copy.text()]).toEqual(["PUT", "1", "body"]);
  });
  test("a copy follows the signal", async () => {
    const { exchange, request } = incoming();
    const copy = new LightRequest(request);
    exchange.clientGone();
    await exchange.until(() => copy.signal.aborted);
  });
  test("Node's Request for a GET with a body has none", () => {
    expect(nodeRequestOf(incoming({ method: "GET", body: ["a"] }).request)!.body).toBeNull();
  });
});

describe("the info beside it", () => {
  const infoOf = (options: ServeOptions = {}): { info: FetchInfo; request: LightRequest } => {
    let seen!: { info: FetchInfo; request: LightRequest };
    serve((request: LightRequest, info: FetchInfo) => {
      seen = { info, request };
      return new Response("");
    }, options);
    return seen;
  };
  test("the connection, in the words of several runtimes", () => {
    const { info } = infoOf({ peer: { encrypted: true } });
    expect([info.remoteAddress, info.remotePort, info.localAddress, info.localPort, info.encrypted]).toEqual([
      "192.0.2.1",
      50000,
      "127.0.0.1",
      8000,
      true,
    ]);
    expect(info.remoteAddr).toEqual({ transport: "tcp", hostname: "192.0.2.1", port: 50000 });
    expect(info.requestIP()).toEqual({ address: "192.0.2.1", family: "IPv4", port: 50000 });
    expect(infoOf({ peer: { remoteAddress: "", unixPath: "/s" } }).info.requestIP()).toBeNull();
    expect(infoOf({ peer: { remoteAddress: "::1" } }).info.requestIP()?.family).toBe("IPv6");
  });
  test("trailers come when the body has been read", async () => {
    let trailers: unknown;
    const { exchange } = serve(
      async (request: LightRequest, info: FetchInfo) => {
        const promise = info.trailers;
        await request.text();
        trailers = [...(await promise), ...(await info.trailers)];
        return new Response("");
      },
      { method: "POST", body: ["a"], trailers: ["X-Sum", "1"] },
    );
    await exchange.finished();
    expect(trailers).toEqual([
      ["x-sum", "1"],
      ["x-sum", "1"],
    ]);
  });
  test("no body: no trailers", async () => expect([...(await infoOf().info.trailers)]).toEqual([]));
  test("trailers of a body that fails reject", async () => {
    let result: Promise<unknown> | undefined;
    const { exchange } = serve(
      async (request: LightRequest, info: FetchInfo) => {
        result = info.trailers;
        await request.text();
      },
      { method: "POST", openBody: true },
    );
    exchange.failBody(new Error("cut"));
    await expect(result).rejects.toThrow("cut");
  });
});
