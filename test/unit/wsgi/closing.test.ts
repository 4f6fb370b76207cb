/** Iterables are closed whatever happens, a slow client is waited for, and a client that goes away is noticed. */

import { open } from "node:fs/promises";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { Bytes, WsgiEnviron } from "../../../src/adapters/wsgi/types.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";
import { begin, serve, until } from "./support.ts";

/** An iterable that counts how it is treated. */
class Watched implements Iterable<Bytes> {
  closed = 0;
  returned = 0;
  taken = 0;
  readonly #pieces: (Bytes | Error)[];
  constructor(...pieces: (Bytes | Error)[]) {
    this.#pieces = pieces;
  }
  [Symbol.iterator](): Iterator<Bytes> {
    return {
      next: () => {
        const piece = this.#pieces[this.taken++];
        if (piece instanceof Error) throw piece;
        return piece === undefined ? { done: true, value: undefined } : { done: false, value: piece };
      },
      return: () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }
  close(): void {
    this.closed++;
  }
}

describe("close()", () => {
  test("after the last piece, and then no return()", async () => {
    const body = new Watched("a", "b");
    const { exchange } = await serve((_, start) => (start("200 OK", []), body));
    await until(() => body.closed > 0, "close()");
    expect(body).toMatchObject({ closed: 1, returned: 0 });
    expect(exchange.bodyText).toBe("ab");
  });

  test("after an error in the middle, which cuts the answer", async () => {
    const problem = new Error("broke");
    const body = new Watched("a", problem);
    const { exchange, failures } = await serve((_, start) => (start("200 OK", []), body));
    await until(() => body.closed > 0, "close()");
    expect(failures.errors).toEqual([problem]);
    expect(exchange).toMatchObject({ aborted: true, ended: false });
    expect(body.closed).toBe(1);
  });

  test("when a piece is no bytes", async () => {
    const body = new Watched("a", 5 as unknown as string);
    const { failures } = await serve((_, start) => (start("200 OK", []), body));
    await until(() => body.closed > 0, "close()");
    expect(failures.messages[0]).toMatch(/piece that is a number/);
    expect(body).toMatchObject({ closed: 1, returned: 1 });
  });

  test("for HEAD, which needs no more than the head", async () => {
    const body = new Watched("a", "b", "c");
    const { exchange } = await serve((_, start) => (start("200 OK", []), body), { method: "HEAD" });
    await until(() => body.closed > 0, "close()");
    expect(body).toMatchObject({ closed: 1, returned: 1, taken: 1 });
    expect(exchange.ended).toBe(true);
  });

  test("of an array", async () => {
    let closed = 0;
    await serve((_, start) => (start("200 OK", []), Object.assign(["x"], { close: () => closed++ })));
    expect(closed).toBe(1);
  });

  test("that fails is reported after the complete answer", async () => {
    const { exchange, failures } = await serve((_, start) => {
      start("200 OK", []);
      return Object.assign(["x"], { close: () => Promise.reject(new Error("late")) });
    });
    await until(() => failures.errors.length > 0, "the report");
    expect(failures.messages).toEqual(["late"]);
    expect(exchange).toMatchObject({ status: 200, ended: true });
  });

  test("runs a generator's finally when the client goes", async () => {
    const { exchange, cleaned } = await beginEndless();
    exchange.clientGone();
    await until(() => cleaned() > 0, "the finally");
    expect(cleaned()).toBe(1);
  });

  test("destroys a stream when the client goes, though nothing comes from it", async () => {
    const exchange = new RecordingExchange();
    const stream = new Readable({ read() {} });
    stream.push("first");
    const { failures } = begin((_, start) => (start("200 OK", []), stream), { exchange });
    await until(() => exchange.bodyText === "first", "the first piece");
    exchange.clientGone();
    await until(() => stream.destroyed, "the destruction");
    await until(() => true, "a turn");
    expect(
      failures.errors.filter((error) => (error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE"),
    ).toEqual([]);
  });

  test("cancels a web stream when the client goes, though nothing comes from it", async () => {
    const exchange = new RecordingExchange();
    let cancelled = false;
    const stream = new ReadableStream<string>({
      start: (controller) => controller.enqueue("first"),
      cancel: () => void (cancelled = true),
    });
    begin((_, start) => (start("200 OK", []), stream as AsyncIterable<string>), { exchange });
    await until(() => exchange.bodyText === "first", "the first piece");
    exchange.clientGone();
    await until(() => cancelled, "the cancellation");
  });

  test("closes what an application returns after its client has gone", async () => {
    const exchange = new RecordingExchange();
    const body = new Watched("a");
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    begin(
      async (_, start) => {
        await held;
        start("200 OK", []);
        return body;
      },
      { exchange },
    );
    exchange.clientGone();
    release();
    await until(() => body.closed > 0, "close()");
    expect(body.taken).toBe(0);
  });
});

describe("errors", () => {
  test.each([
    [
      "thrown",
      () => {
        throw new Error("bad");
      },
    ],
    ["rejected", () => Promise.reject(new Error("bad"))],
  ])("%s by the application", async (_, app) => {
    const { exchange, failures } = await serve(app);
    expect(failures.messages).toEqual(["bad"]);
    expect(exchange.status).toBe(500);
  });
});

describe("a slow client", () => {
  test("stops the application until it has caught up", async () => {
    const exchange = new RecordingExchange();
    exchange.full = true;
    let made = 0;
    begin(
      function* (_, start) {
        start("200 OK", []);
        while (made < 3) yield `piece ${made++}`;
      },
      { exchange },
    );
    await until(() => made === 1, "the first piece");
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(1);
    exchange.drain();
    await exchange.finished();
    expect(made).toBe(3);
  });
});

test("a generator that never waits leaves the loop to others now and then", async () => {
  let others = 0;
  const timer = setInterval(() => others++, 0);
  const count = (): void => void (others++, (immediate = setImmediate(count)));
  let immediate = setImmediate(count);
  await serve(function* (_, start) {
    start("200 OK", []);
    for (let i = 0; i < 64; i++) yield Buffer.alloc(64 * 1024);
  });
  clearInterval(timer);
  clearImmediate(immediate);
  expect(others).toBeGreaterThan(3);
});

describe("junicorn.signal", () => {
  test("aborts when the client goes, with the reason", async () => {
    const exchange = new RecordingExchange();
    let environ: WsgiEnviron | undefined;
    begin(
      (given) => {
        environ = given;
        return new Promise(() => {});
      },
      { exchange },
    );
    const signal = environ!["junicorn.signal"];
    expect(signal.aborted).toBe(false);
    const reason = new Error("gone");
    exchange.clientGone(reason);
    await until(() => signal.aborted, "the abort");
    expect(signal.reason).toBe(reason);
  });

  test("asked for afterwards, is aborted already", async () => {
    const exchange = new RecordingExchange();
    let environ: WsgiEnviron | undefined;
    begin(
      (given) => {
        environ = given;
        return new Promise(() => {});
      },
      { exchange },
    );
    exchange.clientGone();
    await Promise.resolve();
    await Promise.resolve();
    expect(environ!["junicorn.signal"].aborted).toBe(true);
  });

  test("a half-closed client gets its whole answer", async () => {
    const exchange = new RecordingExchange();
    exchange.full = true;
    let made = 0;
    begin(
      function* (_, start) {
        start("200 OK", []);
        while (made < 3) yield `${made++}`;
      },
      { exchange },
    );
    await until(() => made === 1, "the first piece");
    const listener = exchange.onAbort!;
    exchange.onAbort = null;
    listener(new Error("half-closed"));
    exchange.drain();
    await exchange.finished();
    expect(exchange).toMatchObject({ bodyText: "012", ended: true });
  });
});

test("a half-closed client that then goes away altogether is noticed", async () => {
  const { exchange, cleaned } = await beginEndless();
  const listener = exchange.onAbort!;
  exchange.onAbort = null;
  listener(new Error("half-closed"));
  expect(cleaned()).toBe(0);
  exchange.clientGone();
  await until(() => cleaned() > 0, "the finally");
});

describe("wsgi.file_wrapper", () => {
  const path = join(mkdtempSync(join(tmpdir(), "junicorn-")), "file");
  writeFileSync(path, "x".repeat(200_000));

  test("sends a FileHandle and closes it", async () => {
    const file = await open(path);
    const { exchange, failures } = await serve(
      (environ, start) => (start("200 OK", []), environ["wsgi.file_wrapper"](file, 1000)),
    );
    expect(failures.messages).toEqual([]);
    expect(exchange.bodyText.length).toBe(200_000);
    await until(() => file.fd === -1, "the file to be closed");
  });

  test("sends an object with read(size)", async () => {
    const sizes: number[] = [];
    const blocks = ["ab", "c", ""];
    let closed = false;
    const file = { read: (size: number) => (sizes.push(size), blocks.shift()), close: () => (closed = true) };
    const { exchange } = await serve((environ, start) => (start("200 OK", []), environ["wsgi.file_wrapper"](file, 10)));
    await until(() => closed, "close()");
    expect(exchange.bodyText).toBe("abc");
    expect(sizes).toEqual([10, 10, 10]);
  });

  test("closes a file of which nothing was sent", async () => {
    const file = await open(path);
    await serve((environ, start) => (start("200 OK", []), environ["wsgi.file_wrapper"](file)), { method: "HEAD" });
    await until(() => file.fd === -1, "the file to be closed");
  });

  test("says what it cannot send", async () => {
    const { failures } = await serve((environ, start) => (start("200 OK", []), environ["wsgi.file_wrapper"]("path")));
    expect(failures.messages[0]).toMatch(/file_wrapper takes .* not a string/);
  });
});

/** A generator that never ends, waiting for a client that reads nothing; `cleaned` counts how often its finally ran. */
async function beginEndless(): Promise<{ exchange: RecordingExchange; cleaned: () => number }> {
  const exchange = new RecordingExchange();
  exchange.full = true;
  let cleaned = 0;
  begin(
    function* (_, start) {
      start("200 OK", []);
      try {
        for (;;) yield "x";
      } finally {
        cleaned++;
      }
    },
    { exchange },
  );
  await until(() => exchange.started, "the start");
  return { exchange, cleaned: () => cleaned };
}
