/** Clients that ask for more than they take: their session ends with one line in the log, and nobody else notices. */

import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Exchange } from "../../../src/http/exchange.ts";
import {
  block,
  ErrorCode,
  frame,
  FrameFlag,
  FrameType,
  requestBlock,
  WHOLE,
  type FrameClient,
} from "../../support/h2-client.ts";
import type { H2Harness } from "../../support/h2-harness.ts";
import { poll } from "../../support/poll.ts";
import { clientOf, frameClientOf, hello, start } from "./harness.ts";

const FIELDS = requestBlock("/flood");

/** Sends what `next` makes, a hundred at a time, until the server has enough; returns how many that were. */
async function flood(client: FrameClient, most: number, next: (i: number) => Uint8Array): Promise<number> {
  for (let sent = 0; sent < most;) {
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < 100; i++) pieces.push(next(sent++));
    if (client.closed || !client.send(...pieces)) await turn();
    if (client.closed) return sent;
    if (sent % 1000 === 0) await turn();
  }
  await poll(() => client.closed, { what: "the end of a flood" });
  return most;
}

/** Somebody else is served before, while and after it. */
async function besideOthers(harness: H2Harness, work: () => Promise<void>): Promise<void> {
  const other = clientOf(harness);
  expect((await other.ask("GET /before")).status).toBe(200);
  const during = work();
  expect((await other.ask("GET /during")).status).toBe(200);
  await during;
  expect((await other.ask("GET /after")).status).toBe(200);
}

/** However long a flood takes, the others' session stays. */
const PATIENT = { keepAliveMs: 60_000 };

const slow = (exchange: Exchange): void => {
  if (exchange.target !== "/flood") hello(exchange);
};

describe("a session ends that", () => {
  test.each([8, 0])("opens streams and resets them at once, with code %i (rapid reset)", async (code) => {
    let begun = 0;
    let inProgress = 0;
    let most = 0;
    const harness = await start((exchange) => {
      if (exchange.target !== "/flood") return hello(exchange);
      begun++;
      most = Math.max(most, ++inProgress);
      exchange.onAbort = () => inProgress--;
    });
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      await flood(client, 20_000, (i) =>
        Buffer.concat([
          frame(FrameType.HEADERS, WHOLE, 2 * i + 1, FIELDS),
          frame(FrameType.RST_STREAM, 0, 2 * i + 1, Buffer.of(0, 0, 0, code)),
        ]),
      );
    });
    expect(harness.rules()).toEqual(["http2-resets"]);
    expect(begun).toBeLessThan(400);
    expect(most).toBeLessThanOrEqual(100);
    expect(inProgress).toBe(0);
  });

  test("has the server reset its streams (made you reset)", async () => {
    let begun = 0;
    const harness = await start((exchange) => {
      if (exchange.target !== "/flood") return hello(exchange);
      begun++;
    });
    const noWindow = Buffer.alloc(4); // a WINDOW_UPDATE of 0 is an error of its stream
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      await flood(client, 20_000, (i) =>
        Buffer.concat([frame(FrameType.HEADERS, WHOLE, 2 * i + 1, FIELDS), frame(8, 0, 2 * i + 1, noWindow)]),
      );
    });
    expect(harness.rules()).toHaveLength(1);
    expect(begun).toBeLessThan(1200);
  });

  test("sends a header block without end (CONTINUATION flood)", async () => {
    const harness = await start(slow, PATIENT);
    const piece = block(["x-a", "y".repeat(1000)]);
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      client.send(frame(FrameType.HEADERS, FrameFlag.END_STREAM, 1, FIELDS));
      const sent = await flood(client, 5000, () => frame(FrameType.CONTINUATION, 0, 1, piece));
      expect(sent).toBeLessThan(5000);
    });
    expect(harness.rules()).toEqual(["http2-protocol-error"]);
  });

  test.each([
    ["PING", "http2-pings", (): Buffer => frame(FrameType.PING, 0, 0, Buffer.alloc(8))],
    ["SETTINGS", "http2-settings", (): Buffer => frame(FrameType.SETTINGS, 0, 0)],
  ])("sends %s frames all the time", async (_name, rule, make) => {
    const harness = await start(slow, PATIENT);
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      await flood(client, 50_000, make);
    });
    expect(harness.rules()).toEqual([rule]);
  });

  test("sends DATA frames without data", async () => {
    const harness = await start(slow, PATIENT);
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      client.send(frame(FrameType.HEADERS, FrameFlag.END_HEADERS, 1, FIELDS));
      await flood(client, 50_000, () => frame(FrameType.DATA, 0, 1));
    });
    expect(harness.rules()).toEqual(["http2-protocol-error"]);
  });

  test("sends requests that are refused, one after another", async () => {
    const harness = await start(slow, PATIENT);
    const bad = requestBlock("/", ["content-type", "a/b"], ["content-type", "c/d"]);
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      let stream = 1;
      while (client.goaway === null) {
        client.send(frame(FrameType.HEADERS, WHOLE, stream, bad));
        await poll(() => client.answered(stream) || client.goaway !== null, { interval: 1 });
        stream += 2;
      }
      expect(client.goaway).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    });
    expect(harness.rules().filter((rule) => rule === "http2-refusals")).toHaveLength(1);
    expect(harness.rules().length).toBeLessThan(400);
  });

  test("does not speak HTTP/2", async () => {
    const harness = await start(slow, PATIENT);
    const client = await frameClientOf(harness, false);
    client.send(Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    await poll(() => client.closed);
    expect(harness.rules()).toEqual(["http2-protocol-error"]);
  });
});

describe("memory", () => {
  test("is not spent on a header block that unpacks to much more than it is (HPACK bomb)", async () => {
    const harness = await start(slow, PATIENT);
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness);
      // One large field is put into the table, and then named a thousand times in each of a hundred requests: 400 MB, were it believed.
      const large = Buffer.concat([Buffer.of(0x40), block(["x-bomb", "y".repeat(3900)]).subarray(1)]);
      client.send(frame(FrameType.HEADERS, WHOLE, 1, Buffer.concat([FIELDS, large])));
      await poll(() => harness.engine.connections === 2);
      const before = process.memoryUsage().rss;
      const bomb = Buffer.concat([FIELDS, Buffer.alloc(1000, 0x80 | 62)]);
      for (let i = 0; i < 100 && !client.closed; i++) client.send(frame(FrameType.HEADERS, WHOLE, 2 * i + 3, bomb));
      await poll(() => client.closed || client.resetOf(201) !== null, { what: "the end of the bombs" });
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    });
  });

  test("is not spent on a preface that does not come", async () => {
    const harness = await start(slow, { headerTimeoutMs: 300 });
    const silent = await frameClientOf(harness, false);
    const begun = await frameClientOf(harness);
    begun.send(frame(FrameType.HEADERS, FrameFlag.END_STREAM, 1, FIELDS)); // and never the rest
    await poll(() => silent.closed && begun.closed);
    expect(harness.rules()).toEqual(["header-timeout", "header-timeout"]);
    expect(harness.engine.connections).toBe(0);
  });

  test("or a request in progress is not kept for one that takes nothing of its answer", async () => {
    const reasons: string[] = [];
    const harness = await start(
      (exchange) => {
        if (exchange.target !== "/flood") return hello(exchange);
        exchange.onAbort = (reason) => reasons.push((reason as { code?: string }).code ?? "");
        exchange.respond(200, "", [], Buffer.alloc(2 ** 20));
      },
      { writeTimeoutMs: 400 },
    );
    await besideOthers(harness, async () => {
      const client = await frameClientOf(harness); // it never opens its window
      client.send(frame(FrameType.HEADERS, WHOLE, 1, FIELDS));
      await poll(() => client.resetOf(1) !== null);
    });
    expect(reasons).toEqual(["ERR_WRITE_TIMEOUT"]);
  });

  test("or on a body that stops coming", async () => {
    const reasons: string[] = [];
    const harness = await start(
      (exchange) =>
        exchange.readBody({
          data: () => {},
          end: () => {},
          fail: (error) => {
            reasons.push((error as { code?: string }).code ?? "");
            exchange.respond(408, "", [], null);
          },
        }),
      { bodyTimeoutMs: 400 },
    );
    const client = await frameClientOf(harness);
    client.send(frame(FrameType.HEADERS, FrameFlag.END_HEADERS, 1, FIELDS), frame(FrameType.DATA, 0, 1, Buffer.of(65)));
    await poll(() => client.answered(1));
    expect(reasons).toEqual(["ERR_REQUEST_BODY_TIMEOUT"]);
  });
});
