/** Requests that are sent before the one in front of them is answered: they are answered in its order, and nothing is lost. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "../support/ask.ts";
import type { Junicorn } from "../support/junicorn.ts";
import { keptByUws } from "../support/kept.ts";
import { poll } from "../support/poll.ts";
import { request, type RawClient, type Target } from "../support/raw-client.ts";
import { HAS_UWS } from "../support/uws.ts";
import { onBothEngines, randomOf, randomSteps, seenBy, startOver } from "../support/uws-steps.ts";

/** What is too large to wait. */
const isLarge = (step: string): boolean => step.length > 20_000;
/** uWebSockets closes on what is behind it: docs/engines.md. */
const isLast = (step: string): boolean => /^Transfer-Encoding: /m.test(step.slice(0, 200));
const SLOW = request("GET /delay?ms=30&say=slow");
const NEXT = request("GET /hello");
const MOST_QUEUED = 64 * 1024;

describe.runIf(HAS_UWS).each(["fetch", "node", "wsgi"])("requests of all kinds in pipelines (%s)", (name) => {
  const check = onBothEngines(name);

  it.each([1, 2, 3, 4, 5, 6])("are answered in order, and as by llhttp (seed %i)", async (seed) => {
    const random = randomOf(seed);
    const steps = randomSteps(random, 150);
    const counts = steps.map(() => 1 + Math.floor(random() * 12));
    const together = (at: number): number => {
      let count = 1;
      const goesOn = (i: number): boolean => i < steps.length && !isLast(steps[i - 1]!) && !isLarge(steps[i]!);
      while (at > 0 && count < counts[at]! && goesOn(at + count)) count++;
      return count;
    };
    await check(steps, together);
  });
});

describe.runIf(HAS_UWS).each(["TCP", "a unix socket"])("over %s", (kind) => {
  let server: Junicorn;
  let target: Target;
  beforeAll(async () => {
    ({ server, target } = await startOver(kind, "node", "./uws-shortcut.mjs"));
  });
  afterAll(() => server.kill());

  const kept = (): Promise<RawClient> => keptByUws(target);
  const text = async (client: RawClient, method = "GET"): Promise<string> =>
    (await client.read(method)).body.toString();

  it("a request cut anywhere, while the one before it waits", async () => {
    const client = await kept();
    const last = request("POST /echo", { "X-Field": "value" }, "body");
    for (let cut = 1; cut < last.length; cut += 3) {
      await client.send(SLOW.replace("30", "1") + NEXT + last.slice(0, cut));
      expect(await text(client)).toBe("slow");
      expect(await text(client)).toBe("hello\n");
      await client.send(last.slice(cut) + NEXT);
      expect(await text(client, "POST")).toBe("body");
      expect(await text(client)).toBe("hello\n");
    }
  });

  it.each(["whole", "streamed", "large", "pieces", "dated"])("answered by one that is %s, much later", async (way) => {
    const client = await kept();
    await client.send(request("GET /held"));
    await poll(async () => (await seenBy(target)).held > 0);
    for (let i = 0; i < 5; i++) await client.send(request("POST /echo", {}, `body ${i}`) + NEXT);
    await poll(async () => (await seenBy(target)).held > 0);
    await ask(target, `/release?way=${way}`);
    expect(await text(client)).toMatch(/^(released)+$/);
    for (let i = 0; i < 5; i++) {
      expect(await text(client, "POST")).toBe(`body ${i}`);
      expect(await text(client)).toBe("hello\n");
    }
  });

  it("large answers to a client that reads late, one behind the other", async () => {
    const client = await kept();
    client.socket.pause();
    const paths = ["sized?bytes=60000", "flood?bytes=3000000", "sized?bytes=60000", "flood?bytes=70000", "hello"];
    await client.send(paths.map((path) => request(`GET /${path}`)).join(""));
    await ask(target, "/delay?ms=50&say=now");
    client.socket.resume();
    for (const bytes of [60_000, 3_000_000, 60_000, 70_000, 6]) expect((await client.read()).body.length).toBe(bytes);
  });

  it.each(["flood?bytes=3000000", "sized?bytes=3000000"])("several behind /%s that is not read yet", async (path) => {
    const client = await kept();
    client.socket.pause();
    await client.send(request(`GET /${path}`));
    await ask(target, "/delay?ms=100&say=now");
    await client.send(SLOW + NEXT + SLOW);
    await ask(target, "/delay?ms=50&say=now");
    client.socket.resume();
    expect((await client.read()).body.length).toBe(3_000_000);
    for (const expected of ["slow", "hello\n", "slow"]) expect(await text(client)).toBe(expected);
  });

  it("several after a chunked body that was answered before its end", async () => {
    const client = await kept();
    await client.send(`${request("POST /unread", { "Transfer-Encoding": "chunked" })}3\r\nabc\r\n`);
    expect(await text(client, "POST")).toBe("not read\n");
    await client.send("0\r\n\r\n");
    await ask(target, "/delay?ms=20&say=now");
    await client.send(SLOW + NEXT);
    for (const expected of ["slow", "hello\n"]) expect(await text(client)).toBe(expected);
  });

  it("empty lines between them are no requests", async () => {
    const client = await kept();
    await client.send(`\r\n\r\n${SLOW}\r\n${NEXT}`);
    expect(await text(client)).toBe("slow");
    expect(await text(client)).toBe("hello\n");
    for (const piece of ["\r", "\n", `\r\n${request("POST /echo", {}, "x".repeat(50_000))}`]) await client.send(piece);
    expect((await client.read("POST")).body.length).toBe(50_000);
  });

  it.each([
    ["asks for the end of its connection", request("GET /delay?ms=30&say=last", { Connection: "close" }), "last"],
    ["the same, with a body", request("POST /read?when=late", { Connection: "close" }, "body"), "body"],
    ["the same, with a large one", request("POST /echo", { Connection: "close" }, "x".repeat(40_000)), /^x{40000}$/],
    ["is answered by an end of it", request("POST /read?last&when=late", {}, "body"), "body"],
  ])("nothing is served behind a request that %s, and it is answered", async (_, last, body) => {
    for (const behind of [NEXT, NEXT.repeat(3), "\r\n", "x", "GET /hel"]) {
      for (const inOnePiece of [true, false]) {
        const client = await kept();
        await client.send(SLOW + last + (inOnePiece ? behind : ""));
        if (!inOnePiece) await client.send(behind).catch(() => {});
        expect(await text(client)).toBe("slow");
        expect(await text(client, last.split(" ", 1)[0])).toMatch(body);
        expect(await client.closed(15_000)).toBe(true);
        expect(client.pending.length).toBe(0);
        client.destroy();
      }
    }
  });

  it("one that is invalid is refused after those before it", async () => {
    const client = await kept();
    await client.send(`${SLOW}${NEXT}${request("GET /hello", { "Content-Length": "x" })}${NEXT}`);
    expect(await text(client)).toBe("slow");
    expect(await text(client)).toBe("hello\n");
    expect((await client.read()).status).toBe(400);
    expect(await client.closed(15_000)).toBe(true);
    expect(client.pending.length).toBe(0);
  });

  it(`more than ${MOST_QUEUED} bytes of them close the connection, and the application is told`, async () => {
    const client = await kept();
    await client.send(request("GET /held?id=queued"));
    await poll(async () => (await seenBy(target)).held > 0);
    const filler = request("GET /hello", { "X-Fill": "x".repeat(1000) });
    await client.send(filler.repeat(Math.floor(MOST_QUEUED / filler.length)));
    await ask(target, "/delay?ms=20&say=now");
    expect(client.isClosed).toBe(false);
    await client.send(filler.repeat(2));
    expect(await client.closed()).toBe(true);
    await poll(async () => (await seenBy(target)).gone.includes("closed queued"));
    await ask(target, "/release?way=whole");
  });

  it("those of a client that leaves are not served", async () => {
    for (let i = 0; i < 3; i++) {
      const client = await kept();
      const { served } = await seenBy(target);
      await client.send(request("GET /held?id=left") + request("GET /sized?bytes=1").repeat(10));
      await poll(async () => (await seenBy(target)).held > 0);
      client.destroy();
      await poll(async () => (await seenBy(target)).gone.includes("closed left"));
      await ask(target, "/release?way=whole");
      expect((await seenBy(target)).served).toBe(served);
    }
  });

  it("many clients, each with many at once", async () => {
    const clients = await Promise.all(Array.from({ length: 50 }, kept));
    await Promise.all(
      clients.map(async (client, n) => {
        for (let round = 0; round < 3; round++) {
          const after = ["", "&after=timer", "&after=microtask"];
          const sizes = Array.from({ length: 20 }, (_, i) => 1 + ((n * 131 + i * 977 + round) % 20_000));
          await client.send(
            sizes.map((bytes, i) => request(`GET /sized?bytes=${bytes}${after[i % after.length]!}`)).join(""),
          );
          for (const bytes of sizes) expect((await client.read()).body.length).toBe(bytes);
        }
      }),
    );
  });
});
