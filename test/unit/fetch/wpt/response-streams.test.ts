/** Response: bodies that are streams, and clones. */

import { expect } from "vitest";
import { overSubjects, rejectsWith, streamOf } from "./subjects.ts";

const BYTES = new TextEncoder().encode("héllo");

overSubjects("Response, streams", ({ Response }, check) => {
  check("a locked stream is refused as a body", () => {
    const stream = streamOf("a");
    stream.getReader();
    expect(() => new Response(stream)).toThrow(TypeError);
  });
  check("a stream that was read from is refused as a body", async () => {
    const stream = streamOf("a");
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    expect(() => new Response(stream)).toThrow(TypeError);
  });
  check("a reader locks the body", async () => {
    const response = new Response("a");
    response.body!.getReader();
    expect(response.bodyUsed).toBe(false);
    await rejectsWith(response.text(), TypeError);
    expect(() => response.clone()).toThrow(TypeError);
  });
  check("a reader that read nothing leaves the body usable", async () => {
    const response = new Response("a");
    response.body!.getReader().releaseLock();
    expect(await response.text()).toBe("a");
  });
  check("a reader that has read uses it up", async () => {
    const response = new Response("a");
    const reader = response.body!.getReader();
    await reader.read();
    expect(response.bodyUsed).toBe(true);
  });
  check("a BYOB reader", async () => {
    const reader = new Response("abc").body!.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(2));
    expect(Buffer.from(value!).toString()).toBe("ab");
    expect(Buffer.from((await reader.read(new Uint8Array(2))).value!).toString()).toBe("c");
    expect((await reader.read(new Uint8Array(2))).done).toBe(true);
  });
  check("cancelling reaches the source with its reason", async () => {
    let seen: unknown;
    const response = new Response(
      new ReadableStream({
        cancel(reason) {
          seen = reason;
        },
      }),
    );
    await response.body!.cancel("why");
    expect(seen).toBe("why");
  });
  check("an error in the source rejects the readers", async () => {
    const error = new RangeError("mine");
    for (const method of ["text", "arrayBuffer", "blob", "json", "formData"] as const) {
      const response = new Response(new ReadableStream({ start: (controller) => controller.error(error) }));
      await expect(response[method]()).rejects.toBe(error);
    }
  });
  check("an error thrown by pull rejects", async () => {
    const error = new RangeError("mine");
    await expect(
      new Response(
        new ReadableStream({
          pull() {
            throw error;
          },
        }),
      ).text(),
    ).rejects.toBe(error);
  });
  for (const chunk of ["text", 1, {}, null, [1]]) {
    check(`a chunk ${JSON.stringify(chunk)} rejects`, async () => {
      const stream = new ReadableStream({
        start(c) {
          c.enqueue(chunk);
          c.close();
        },
      });
      await rejectsWith(new Response(stream).text(), TypeError);
    });
  }
  check("an async iterable's error rejects", async () => {
    const error = new RangeError("mine");
    const response = new Response(
      (async function* () {
        yield BYTES;
        throw error;
      })() as never,
    );
    await expect(response.text()).rejects.toBe(error);
  });
  check("a body handed on is the same stream", async () => {
    const first = new Response("abc");
    const second = new Response(first.body, { status: 201 });
    expect(second.body).toBe(first.body);
    expect(await second.text()).toBe("abc");
    expect(first.bodyUsed).toBe(true);
    await rejectsWith(first.text(), TypeError);
  });
});

overSubjects("Response, clone", ({ Response }, check) => {
  check("copies everything", () => {
    const response = new Response("a", { status: 404, statusText: "nope", headers: { a: "1" } });
    const clone = response.clone();
    expect(clone).not.toBe(response);
    expect(clone).toBeInstanceOf(Response);
    expect([clone.status, clone.statusText, clone.headers.get("a"), clone.type, clone.url]).toEqual([
      404,
      "nope",
      "1",
      "default",
      "",
    ]);
  });
  check("the headers are independent", () => {
    const response = new Response("a", { headers: { a: "1" } });
    const clone = response.clone();
    clone.headers.set("a", "2");
    response.headers.append("b", "3");
    expect([response.headers.get("a"), clone.headers.has("b")]).toEqual(["1", false]);
  });
  check("without a body", () => expect(new Response(null, { status: 204 }).clone().body).toBeNull());
  check("reading one leaves the other", async () => {
    const response = new Response("a");
    const clone = response.clone();
    await clone.text();
    expect([response.bodyUsed, clone.bodyUsed]).toEqual([false, true]);
    expect(await response.text()).toBe("a");
  });
  check("a clone can be cloned", async () => expect(await new Response("a").clone().clone().text()).toBe("a"));
  check("a locked body cannot be cloned", () => {
    const response = new Response(streamOf("a"));
    response.body!.getReader();
    expect(() => response.clone()).toThrow(TypeError);
  });
  check("a redirect's clone stays immutable", () => {
    expect(() => Response.redirect("https://a.test/").clone().headers.set("a", "b")).toThrow(TypeError);
  });
});
