/** The fetch adapter: streamed answers, backpressure, and a client that goes away. */

import { describe, expect, test } from "vitest";
import { LightResponse } from "../../../src/adapters/fetch/classes/response.ts";
import { serve } from "./support.ts";
import { streamOf } from "./wpt/subjects.ts";

const Response = LightResponse;

describe("streamed answers", () => {
  test.each([
    ["a stream", () => new Response(streamOf("a", "b", "c"))],
    [
      "a FormData's or other async iterable",
      () =>
        new Response(
          (async function* () {
            yield "a";
            yield Buffer.from("b");
            yield "c";
          })(),
        ),
    ],
    ["Node's Response", () => new globalThis.Response("abc")],
    ["a TransformStream's readable", () => new Response(streamOf("a", "bc").pipeThrough(new TransformStream()))],
  ])("%s", async (_, make) => {
    const { exchange, failures } = serve(make);
    await exchange.finished();
    expect([exchange.status, exchange.bodyText, exchange.ended, failures]).toEqual([200, "abc", true, []]);
    expect(exchange.calls[0]).toBe("start");
    expect(exchange.calls.at(-1)).toBe("end");
  });
  test("a Blob goes out with its length and type", async () => {
    const { exchange } = serve(() => new Response(new Blob(["abc"], { type: "a/b" })));
    await exchange.finished();
    expect([exchange.bodyText, exchange.responseHeaders]).toEqual([
      "abc",
      ["Content-Type", "a/b", "Content-Length", "3"],
    ]);
  });
  test("a given Content-Length is kept", async () => {
    const { exchange } = serve(() => new Response(streamOf("abc"), { headers: { "content-length": "3" } }));
    await exchange.finished();
    expect(exchange.responseHeaders).toEqual(["content-length", "3"]);
  });
  test("a full exchange is not written to until it drains, and the source is not pulled meanwhile", async () => {
    let pulls = 0;
    const source = new ReadableStream(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(new Uint8Array(10));
        },
      },
      { highWaterMark: 0 },
    );
    const { exchange } = serve(() => new Response(source), { full: true });
    await exchange.until(() => exchange.chunks.length === 1);
    await exchange.turns(5);
    expect([exchange.chunks.length, pulls]).toEqual([1, 1]);
    exchange.full = true;
    exchange.onDrain?.();
    await exchange.until(() => exchange.chunks.length === 2);
    await exchange.turns(5);
    expect([exchange.chunks.length, pulls]).toEqual([2, 2]);
    exchange.clientGone();
  });
  test("a source that never waits lets the event loop turn", async () => {
    let stop = false;
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(64 * 1024));
        if (stop) controller.close();
      },
    });
    const { exchange } = serve(() => new Response(endless));
    await exchange.turns(3);
    stop = true;
    await exchange.finished();
    expect(exchange.ended).toBe(true);
  });
  test("the client goes: the source is cancelled, and nothing is reported", async () => {
    let cancelled: unknown;
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(1));
      },
      cancel(reason) {
        cancelled = reason;
      },
    });
    const { exchange, failures } = serve(() => new Response(source));
    await exchange.until(() => exchange.chunks.length === 1);
    const gone = new Error("gone");
    exchange.clientGone(gone);
    await exchange.until(() => cancelled !== undefined);
    expect([cancelled, failures]).toEqual([gone, []]);
  });
  test("the client goes while the exchange is full", async () => {
    let cancelled = false;
    const source = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1));
      },
      cancel() {
        cancelled = true;
      },
    });
    const { exchange, failures } = serve(() => new Response(source), { full: true });
    await exchange.until(() => exchange.chunks.length === 1);
    exchange.clientGone();
    await exchange.until(() => cancelled);
    expect(failures).toEqual([]);
  });
  test("the client goes: a generator's finally runs", async () => {
    let finished = false;
    async function* generate() {
      try {
        for (;;) {
          yield "a";
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        finished = true;
      }
    }
    const { exchange, failures } = serve(() => new Response(generate()));
    await exchange.until(() => exchange.chunks.length > 2);
    exchange.clientGone();
    await exchange.until(() => finished);
    expect(failures).toEqual([]);
  });
  test("the client was gone before the handler returned: the body is cancelled unread", async () => {
    let cancelled = false;
    const { exchange } = serve(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return new Response(
        new ReadableStream({
          cancel() {
            cancelled = true;
          },
        }),
      );
    });
    exchange.clientGone();
    await exchange.until(() => cancelled);
    expect(exchange.started).toBe(false);
  });
  test.each([
    [
      "a stream",
      (error: Error) =>
        new ReadableStream({
          start(c) {
            c.enqueue(new Uint8Array(1));
          },
          pull() {
            throw error;
          },
        }),
    ],
    [
      "a generator",
      (error: Error) =>
        (async function* () {
          yield "a";
          throw error;
        })(),
    ],
  ])("an error amid %s is reported, and the answer not ended", async (_, make) => {
    const error = new Error("amid");
    const { exchange, failures } = serve(() => new Response(make(error)));
    await exchange.until(() => failures.length > 0);
    expect([failures, exchange.ended, exchange.aborted]).toEqual([[error], false, true]);
  });
  test("a head that the exchange refuses cancels the source", async () => {
    const refuse = new Error("bad header");
    let cancelled: unknown;
    const source = new ReadableStream({
      cancel(reason) {
        cancelled = reason;
      },
    });
    const { exchange, failures } = serve(() => new Response(source), { refuse });
    await exchange.until(() => cancelled !== undefined);
    expect([cancelled, failures]).toEqual([refuse, [refuse]]);
  });
  test("a chunk that is no Uint8Array is an error of the app", async () => {
    const { exchange, failures } = serve(() => new Response(streamOf(1)));
    await exchange.until(() => failures.length > 0);
    expect(String(failures[0])).toContain("Uint8Array");
  });
});
