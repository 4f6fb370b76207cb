/** wsgi.input: read at once from what is buffered, or as it comes. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyQueue } from "../../../src/adapters/wsgi/body-queue.ts";
import type { WsgiInput } from "../../../src/adapters/wsgi/input.ts";
import { wsgi } from "../../../src/adapters/wsgi/mark.ts";
import type { WsgiApp } from "../../../src/adapters/wsgi/types.ts";
import { JunicornError } from "../../../src/base/errors.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";
import { begin, bytes, serve, until } from "./support.ts";

/** Runs `use` on the input of a request; its result goes back as JSON. */
async function withInput(use: (input: WsgiInput) => unknown, options: RecordingOptions): Promise<unknown> {
  let result: unknown;
  const { failures } = await serve(async (environ, start) => {
    result = await use(environ["wsgi.input"]);
    start("200 OK", []);
    return [];
  }, options);
  if (failures.errors.length > 0) throw failures.errors[0];
  return result;
}

const text = (...chunks: string[]): RecordingOptions => ({ method: "POST", body: chunks.map(bytes) });
const strings = (pieces: Iterable<Buffer>): string[] => Array.from(pieces, String);

describe("at once", () => {
  test.each<[string, RecordingOptions, (input: WsgiInput) => unknown, unknown]>([
    ["all", text("ab", "cd"), (input) => String(input.read()), "abcd"],
    [
      "in pieces across chunks",
      text("ab", "cd", "e"),
      (input) => [input.read(3), input.read(0), input.read(9), input.read(1)].map(String),
      ["abc", "", "de", ""],
    ],
    [
      "lines across chunks",
      text("on", "e\ntw", "o\n", "\nlast"),
      (input) => strings(input),
      ["one\n", "two\n", "\n", "last"],
    ],
    ["readlines", text("a\nb\nc\n"), (input) => strings(input.readlines()), ["a\n", "b\n", "c\n"]],
    ["readlines with a hint", text("a\nb\nc\n"), (input) => strings(input.readlines(3)), ["a\n", "b\n"]],
    [
      "a line no longer than asked",
      text("abcdef\n"),
      (input) => [input.readline(4), input.readline()].map(String),
      ["abcd", "ef\n"],
    ],
    [
      "no body",
      { method: "GET" },
      (input) => [input.read(), input.readline(), ...input.readlines()].map(String),
      ["", ""],
    ],
    ["an empty body", { method: "POST", body: [] }, (input) => String(input.read()), ""],
    [
      "mixed with async reads",
      text("ab", "cd"),
      async (input) => [input.read(1), await input.readAsync(2), input.read()].map(String),
      ["a", "bc", "d"],
    ],
    ["trailers", { ...text("a"), trailers: ["X-T", "1"] }, (input) => input.trailers, [["X-T", "1"]]],
  ])("%s", async (_, options, use, expected) => {
    expect(await withInput(use, options)).toEqual(expected);
  });

  test("a body larger than the bound says what to do", async () => {
    const options = { method: "POST", body: [Buffer.alloc(600_000), Buffer.alloc(600_000)] };
    await expect(withInput((input) => input.read(), options)).rejects.toThrow(
      /larger than the 1048576 bytes .*await input\.readAsync\(\)/,
    );
  });

  test("the bound is the application's to set", async () => {
    const app = (bound: number): WsgiApp =>
      wsgi((environ, start) => (start("200 OK", []), environ["wsgi.input"].read()), { bufferBody: bound });
    expect((await serve(app(4), text("abcd"))).exchange.bodyText).toBe("abcd");
    expect((await serve(app(3), text("abcd"))).failures.messages[0]).toMatch(/3 bytes/);
  });

  test("the application is called only once a small body is complete", async () => {
    const exchange = new RecordingExchange({ method: "POST", openBody: true, body: [bytes("ab")] });
    let called = false;
    const { failures } = begin(() => ((called = true), []), { exchange });
    await until(() => exchange.bodyRequested, "the body to be asked for");
    expect(called).toBe(false);
    const gone = new JunicornError("ERR_CLIENT_GONE");
    exchange.failBody(gone);
    expect(called).toBe(false);
    expect(failures.errors).toEqual([gone]);
  });
});

describe("as it comes", () => {
  const large = (): RecordingOptions => ({
    method: "POST",
    body: Array.from({ length: 30 }, (_, i) => Buffer.alloc(100_000, i + 65)),
  });

  test("a large body is not asked for before it is read", async () => {
    const exchange = new RecordingExchange({ ...large(), headers: ["Expect", "100-continue"] });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    begin(
      async (environ, start) => {
        await held;
        await environ["wsgi.input"].readAsync(1);
        start("200 OK", []);
        return [];
      },
      { exchange },
    );
    await until(() => true, "a turn");
    expect(exchange.continued).toBe(false);
    release();
    await exchange.finished();
    expect(exchange.continued).toBe(true);
  });

  test("for await gives it all", async () => {
    let size = 0;
    let most = 0;
    await withInput(async (input) => {
      for await (const chunk of input) {
        size += chunk.length;
        most = Math.max(most, chunk.length);
      }
    }, large());
    expect(size).toBe(3_000_000);
    expect(most).toBe(100_000);
  });

  test("stream() gives it all", async () => {
    const size = await withInput(async (input) => {
      let sum = 0;
      for await (const chunk of input.stream()) sum += (chunk as Buffer).length;
      return sum;
    }, large());
    expect(size).toBe(3_000_000);
  });

  test("readAsync(size) waits for that many", async () => {
    const sizes = await withInput(
      async (input) => [
        (await input.readAsync(250_001)).length,
        (await input.readAsync()).length,
        (await input.readAsync()).length,
      ],
      large(),
    );
    expect(sizes).toEqual([250_001, 2_749_999, 0]);
  });

  test("readlineAsync finds lines longer than what may wait", async () => {
    const body = [Buffer.alloc(900_000, 97), Buffer.alloc(900_000, 97), bytes("\nsecond\nlast")];
    const lines = await withInput(
      async (input) => {
        const found: number[] = [];
        for (let line = await input.readlineAsync(); line.length > 0; line = await input.readlineAsync())
          found.push(line.length);
        return found;
      },
      { method: "POST", body },
    );
    expect(lines).toEqual([1_800_001, 7, 4]);
  });

  test("a body that is not read stops the client at the bound", async () => {
    const exchange = new RecordingExchange(large());
    begin(
      async (environ) => {
        await environ["wsgi.input"].readAsync(1);
        return new Promise(() => {});
      },
      { exchange },
    );
    await until(() => exchange.paused, "the pause");
  });

  test("a client that goes away ends the wait with an error", async () => {
    const exchange = new RecordingExchange({ ...large(), openBody: true });
    const app: WsgiApp = async (environ, start) => {
      for await (const _ of environ["wsgi.input"]);
      start("200 OK", []);
      return [];
    };
    const { failures } = begin(wsgi(app, { bufferBody: 0 }), { exchange });
    const gone = new JunicornError("ERR_CLIENT_GONE");
    await until(() => exchange.bodyRequested, "reading");
    exchange.clientGone(gone);
    await until(() => failures.errors.length > 0, "the error");
    expect(failures.errors).toEqual([gone]);
  });
});

describe("the queue", () => {
  test("gives back what went in, however it is cut", () => {
    const cut = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 });
    fc.assert(
      fc.property(cut, fc.array(fc.integer({ min: -1, max: 4000 }), { maxLength: 40 }), (chunks, takes) => {
        const queue = new BodyQueue(new RecordingExchange({ body: chunks }), 1e9);
        const all = Buffer.concat(chunks);
        const got: Buffer[] = [];
        for (let i = 0; i < Math.max(chunks.length, takes.length); i++) {
          if (i < chunks.length) queue.data(Uint8Array.from(chunks[i]!));
          if (i < takes.length) got.push(queue.take(takes[i]!));
          if (i % 7 === 3) got.push(queue.takeChunk());
        }
        got.push(queue.take(-1));
        expect(Buffer.concat(got).equals(all)).toBe(true);
        expect(queue.size).toBe(0);
      }),
    );
  });

  test("finds the end of the first line", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(10, 97, 98), { maxLength: 5 }), { maxLength: 10 }),
        fc.nat(10),
        fc.nat(10),
        (chunks, taken, from) => {
          const all = Buffer.from(chunks.flat());
          const queue = new BodyQueue(new RecordingExchange({ body: [] }), 1e9);
          for (const chunk of chunks) queue.data(Uint8Array.from(chunk));
          queue.take(taken);
          const rest = all.subarray(Math.min(taken, all.length));
          expect(queue.lineLength(from)).toBe(rest.indexOf(10, from) + 1 || -1);
        },
      ),
    );
  });

  test("gathers a body sent byte by byte, which would cost a hundred times its size otherwise", () => {
    const queue = new BodyQueue(new RecordingExchange({ openBody: true }), 1e9);
    for (let i = 0; i < 100_000; i++) queue.data(Uint8Array.of(i % 251));
    const first = queue.takeChunk();
    expect(first.length).toBeGreaterThan(10_000);
    const all = Buffer.concat([first, queue.take(-1)]);
    expect(all.length).toBe(100_000);
    expect(all.every((byte, i) => byte === i % 251)).toBe(true);
  });
});
