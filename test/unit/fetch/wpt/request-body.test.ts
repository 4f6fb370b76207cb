/** Request: bodies, and requests made from requests. */

import { expect } from "vitest";
import { overSubjects, rejectsWith, streamOf } from "./subjects.ts";

const URL_TEXT = "http://example.test/path?query#fragment";

overSubjects("Request, body", ({ Request }, check) => {
  const form = new FormData();
  form.append("a", "1");
  const bodies: [string, () => unknown, string | RegExp | null, string | RegExp][] = [
    ["a string", () => "text", "text/plain;charset=UTF-8", "text"],
    ["bytes", () => new Uint8Array([97, 98]), null, "ab"],
    ["an ArrayBuffer", () => new Uint8Array([97, 98]).buffer, null, "ab"],
    ["a Blob", () => new Blob(["ab"], { type: "a/b" }), "a/b", "ab"],
    ["URLSearchParams", () => new URLSearchParams("a=b"), "application/x-www-form-urlencoded;charset=UTF-8", "a=b"],
    ["FormData", () => form, /^multipart\/form-data; boundary=/, /name="a"\r\n\r\n1\r\n/],
    ["a stream", () => streamOf("a", "b"), null, "ab"],
    ["nothing", () => null, null, ""],
  ];
  for (const [what, make, type, text] of bodies) {
    check(`of ${what}`, async () => {
      const request = new Request(URL_TEXT, { method: "POST", body: make(), duplex: "half" } as never);
      if (type instanceof RegExp) expect(request.headers.get("content-type")).toMatch(type);
      else expect(request.headers.get("content-type")).toBe(type);
      expect(await request.text()).toMatch(text);
      expect(request.bodyUsed).toBe(what !== "nothing");
    });
  }
  for (const method of ["GET", "HEAD", "get"]) {
    check(`${method} with a body is refused`, () =>
      expect(() => new Request(URL_TEXT, { method, body: "a" })).toThrow(TypeError),
    );
  }
  check("a stream without duplex is refused", () => {
    expect(() => new Request(URL_TEXT, { method: "POST", body: streamOf("a") } as never)).toThrow(TypeError);
  });
  check("a stream with keepalive is refused", () => {
    const init = { method: "POST", body: streamOf("a"), duplex: "half", keepalive: true };
    expect(() => new Request(URL_TEXT, init as never)).toThrow(TypeError);
  });
  check("a used stream is refused", async () => {
    const stream = streamOf("a");
    await stream.cancel();
    expect(() => new Request(URL_TEXT, { method: "POST", body: stream, duplex: "half" } as never)).toThrow(TypeError);
  });
  check("json(), arrayBuffer(), blob(), formData(), bytes()", async () => {
    const post = (body: unknown, type = "a/b") =>
      new Request(URL_TEXT, { method: "POST", body: body as string, headers: { "content-type": type } });
    expect(await post("[1]").json()).toEqual([1]);
    expect((await post("ab").arrayBuffer()).byteLength).toBe(2);
    expect(await (await post("ab").blob()).text()).toBe("ab");
    expect((await post("ab").blob()).type).toBe("a/b");
    expect([...(await post("a=1", "application/x-www-form-urlencoded").formData())]).toEqual([["a", "1"]]);
    expect(await (post("ab") as unknown as { bytes(): Promise<Uint8Array> }).bytes()).toEqual(new Uint8Array([97, 98]));
    await rejectsWith(post("{").json(), SyntaxError);
  });
  check("a body is read once", async () => {
    const request = new Request(URL_TEXT, { method: "POST", body: "a" });
    await request.text();
    await rejectsWith(request.text(), TypeError);
    expect(() => request.clone()).toThrow(TypeError);
    expect(() => new Request(request)).toThrow(TypeError);
  });
});

overSubjects("Request, from a Request", ({ Request }, check) => {
  const original = () =>
    new Request(URL_TEXT, {
      method: "POST",
      body: "text",
      headers: { a: "1" },
      redirect: "manual",
      cache: "no-store",
      credentials: "omit",
    });
  check("copies everything", async () => {
    const copy = new Request(original());
    expect([copy.method, copy.url, copy.headers.get("a"), copy.redirect, copy.cache, copy.credentials]).toEqual([
      "POST",
      URL_TEXT,
      "1",
      "manual",
      "no-store",
      "omit",
    ]);
    expect(await copy.text()).toBe("text");
  });
  check("takes the body away", () => {
    const request = original();
    void new Request(request);
    expect(() => new Request(request)).toThrow(TypeError);
  });
  check("a new body leaves the old one alone", async () => {
    const request = original();
    expect(await new Request(request, { method: "POST", body: "new" }).text()).toBe("new");
    expect([request.bodyUsed, await request.text()]).toEqual([false, "text"]);
  });
  check("new headers replace the old", () => {
    expect([...new Request(original(), { headers: { b: "2" } }).headers.keys()].includes("a")).toBe(false);
  });
  check("init goes over the original", () => {
    const copy = new Request(original(), { method: "PUT", redirect: "error" });
    expect([copy.method, copy.redirect, copy.cache]).toEqual(["PUT", "error", "no-store"]);
  });
  check("a body cannot come along to GET", () =>
    expect(() => new Request(original(), { method: "GET" })).toThrow(TypeError),
  );
  check("as the init of another URL", async () => {
    const copy = new Request("http://other.test/", new Request(URL_TEXT, { method: "DELETE", headers: { a: "1" } }));
    expect([copy.url, copy.method, copy.headers.get("a")]).toEqual(["http://other.test/", "DELETE", "1"]);
  });
  check("headers are independent", () => {
    const request = original();
    const clone = request.clone();
    clone.headers.set("a", "2");
    expect(request.headers.get("a")).toBe("1");
  });
  check("clone() reads apart", async () => {
    const request = original();
    const clone = request.clone();
    expect(clone).toBeInstanceOf(Request);
    expect(await Promise.all([request.text(), clone.text()])).toEqual(["text", "text"]);
  });
  check("the signal is followed", () => {
    const controller = new AbortController();
    const request = new Request(URL_TEXT, { signal: controller.signal });
    const [clone, copy] = [request.clone(), new Request(request)];
    const reason = new Error("mine");
    controller.abort(reason);
    for (const { signal } of [request, clone, copy]) expect([signal.aborted, signal.reason]).toEqual([true, reason]);
  });
  check("a signal that is aborted already", () => {
    expect(new Request(URL_TEXT, { signal: AbortSignal.abort("why") }).signal.reason).toBe("why");
    expect(new Request(URL_TEXT, { signal: null }).signal.aborted).toBe(false);
  });
});
