/** Clients of uWebSockets' shortcut that do not read, that leave, that do not wait for their answer: it is no harm to others, and nothing stays behind. */

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { WorkerSnapshot } from "../../src/master/control/api.ts";
import { ask } from "../support/ask.ts";
import { askControl, controlSocketOf } from "../support/control.ts";
import { residentMiB, type Junicorn } from "../support/junicorn.ts";
import { keptByUws } from "../support/kept.ts";
import { poll } from "../support/poll.ts";
import { request, type RawClient, type Target } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";
import { HAS_UWS } from "../support/uws.ts";
import { seenBy, startOver } from "../support/uws-steps.ts";

const ENDS = {
  "closes its connection": (client: RawClient) => client.destroy(),
  "resets its connection": (client: RawClient) => cut(client),
  "shuts down its sending half": (client: RawClient) => client.halfClose(),
};
const NEXT = request("GET /hello");
/** As much as is written past uWebSockets, with its head. */
const BYTES = 60_000;

let names = 0;

describe.runIf(HAS_UWS).each(["TCP", "a unix socket"])("over %s, a client", (kind) => {
  let server: Junicorn;
  let target: Target;
  beforeAll(async () => {
    ({ server, target } = await start(kind, "node", "./uws-shortcut.mjs"));
  });
  afterAll(() => server.kill());

  const kept = (): Promise<RawClient> => keptByUws(target);

  it("that does not read gets every byte, in order, once it does", async () => {
    const client = await kept();
    const letters = await fill(client, target);
    client.socket.resume();
    for (const letter of letters) expect((await client.read()).body.equals(Buffer.alloc(BYTES, letter))).toBe(true);
    // And it is read from again.
    for (const letter of "xyz") {
      await client.send(request(`GET /sized?bytes=${BYTES}&letter=${letter}&after=timer`));
      expect((await client.read()).body.equals(Buffer.alloc(BYTES, letter))).toBe(true);
    }
    await settled(server);
  });

  it("that does not read is not read from, takes no memory, and leaves none when it goes", async () => {
    const [worker] = server.workers as [number];
    const client = await kept();
    await fill(client, target);
    const [before, { served }] = [residentMiB(worker), await seenBy(target)];
    // Far more than the kernel takes.
    const many = request("GET /sized?bytes=60000").repeat(1000);
    for (let sent = 0; sent < 64 << 20; sent += many.length) client.socket.write(many, "latin1");
    for (let i = 0; i < 20; i++) await ask(target, "/delay?ms=5&say=now");
    expect((await seenBy(target)).served).toBe(served);
    expect(residentMiB(worker) - before).toBeLessThan(24);
    cut(client);
    await settled(server);
    expect((await ask(target, "/hello")).status).toBe(200);
  });

  it.runIf(kind === "TCP")("that never reads on is closed after about 10 s", { timeout: 60_000 }, async () => {
    const client = await kept();
    await fill(client, target);
    await poll(async () => (await workerOf(server)).connections === 0, { timeout: 40_000, what: "its end" });
    client.socket.resume();
    await poll(() => client.isClosed);
  });

  it.each(Object.keys(ENDS))("that %s before its answer: the application hears of it", async (name) => {
    const id = String(names++);
    const client = await kept();
    await client.send(request(`GET /held?id=${id}`));
    await poll(async () => (await seenBy(target)).held > 0);
    ENDS[name as keyof typeof ENDS](client);
    await poll(async () => (await seenBy(target)).gone.includes(`closed ${id}`));
    expect((await seenBy(target)).gone).toContain(`aborted ${id}`);
    await settled(server);
    // Nobody is there for it any more.
    for (const way of ["whole", "streamed", "large", "last", "cut"]) await ask(target, `/release?way=${way}`);
    expect((await ask(target, "/hello")).status).toBe(200);
  });

  it(
    "that leaves in any way, or never reads on, with a large answer on its way and its body not all here, leaves nothing behind",
    {
      timeout: 60_000,
    },
    async () => {
      for (const leave of [...Object.values(ENDS), () => {}]) {
        for (const before of ["GET /hello", "GET /stream?count=2"]) {
          const client = await kept();
          await client.send(request(before));
          await client.read();
          client.socket.pause();
          const { served } = await seenBy(target);
          await client.send(`${request("POST /sized?bytes=20000000", { "Content-Length": "10" })}nine byte`);
          await poll(async () => (await seenBy(target)).served > served);
          leave(client);
        }
      }
      // All at once, for two of them are let go after 10 s.
      await poll(async () => (await workerOf(server)).connections === 0, { timeout: 25_000, what: "their end" });
      await settled(server);
    },
  );

  it.each(["", "&streamed"])(
    "that sends the rest of a body while its large answer%s is on its way is read from afterwards",
    async (how) => {
      const client = await kept();
      client.socket.pause();
      const { served } = await seenBy(target);
      const rest = "b".repeat(200_000);
      await client.send(
        request(`POST /sized?bytes=20000000${how}`, { "Content-Length": String(3 * rest.length) }) + rest,
      );
      await poll(async () => (await seenBy(target)).served > served);
      for (let i = 0; i < 2; i++) {
        client.socket.write(rest);
        await ask(target, "/delay?ms=5&say=now");
      }
      client.socket.resume();
      expect((await client.read()).body.length).toBe(20_000_000);
      await client.send(NEXT);
      expect((await client.read()).body.toString()).toBe("hello\n");
    },
  );

  it("that leaves at any moment does no harm", async () => {
    for (let round = 0; round < 5; round++) {
      const clients = await Promise.all(Array.from({ length: 40 }, kept));
      await Promise.all(
        clients.map(async (client, i) => {
          const after = ["timer", "microtask", ""][i % 3];
          await client.send(request(`GET /sized?after=${after}&bytes=${i % 2 === 0 ? BYTES : 10}`));
          for (let turn = 0; turn < i % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
          Object.values(ENDS)[(i + round) % 3]!(client);
        }),
      );
      expect((await ask(target, "/hello")).status).toBe(200);
      for (const client of clients) client.destroy();
    }
    await settled(server);
  });

  it("that sends other requests before its answer gets all of them, late as that is", async () => {
    const id = String(names++);
    const clients = await Promise.all(Array.from({ length: 20 }, kept));
    for (const client of clients) await client.send(request(`GET /held?id=${id}`));
    await poll(async () => (await seenBy(target)).held >= clients.length);
    for (const client of clients) for (let i = 0; i < 3; i++) await client.send(NEXT);
    await ask(target, "/release?way=whole");
    for (const client of clients) {
      expect((await client.read()).body.toString()).toBe("released");
      for (let i = 0; i < 3; i++) expect((await client.read()).body.toString()).toBe("hello\n");
    }
    expect((await seenBy(target)).gone).not.toContain(`closed ${id}`);
    await settled(server);
  });

  it("that sends a piece of another one before its answer gets both", async () => {
    for (const way of ["whole", "streamed", "large"]) {
      for (const cut of [1, 5, 20, NEXT.length - 1]) {
        const client = await kept();
        await client.send(request("GET /held"));
        await poll(async () => (await seenBy(target)).held > 0);
        await client.send(NEXT.slice(0, cut));
        await ask(target, "/delay?ms=5&say=now");
        await ask(target, `/release?way=${way}`);
        expect((await client.read()).body.toString()).toMatch(/^(released)+$/);
        await client.send(NEXT.slice(cut));
        expect((await client.read()).body.toString()).toBe("hello\n");
      }
    }
  });

  it("that reads late gets every byte of a worker that is about to leave", async () => {
    const { server: other, target: its } = await start(kind, "node", "./uws-shortcut.mjs");
    const client = await keptByUws(its);
    const letters = await fill(client, its);
    const idle = await keptByUws(its);
    other.signal("SIGTERM");
    await other.waitFor(/Handling signal: term/);
    client.socket.resume();
    for (const [i, letter] of letters.entries()) {
      const response = await client.read();
      expect(response.body.equals(Buffer.alloc(BYTES, letter))).toBe(true);
      if (i + 1 < letters.length) expect(valueOf(response, "connection")).toBeUndefined();
    }
    expect(await idle.closed()).toBe(true);
    expect((await other.exited()).code).toBe(0);
    expect(other.stderr).toMatch(/Worker exiting .* cut 0 idle connection\(s\), 0 request\(s\), 0 stream\(s\), 0/);
  });

  it("that is gone holds up no ordered end", async () => {
    const { server: other, target: its } = await start(kind, "node", "./uws-shortcut.mjs");
    const gone = await keptByUws(its);
    await fill(gone, its);
    const waits = await keptByUws(its);
    await waits.send(request("GET /held"));
    await poll(async () => (await seenBy(its)).held > 0);
    const idle = await keptByUws(its);
    cut(gone);
    waits.destroy();
    await settled(other);
    other.signal("SIGTERM");
    expect(await idle.closed()).toBe(true);
    expect((await other.exited()).code).toBe(0);
    expect(other.stderr).toMatch(/Worker exiting .* cut 0 idle connection\(s\), 0 request\(s\), 0 stream\(s\), 0/);
  });
});

it.runIf(HAS_UWS).each(Object.keys(ENDS))("a signal tells that a client %s", async (name) => {
  const { server, target } = await start("TCP", "fetch", "./uws-shortcut.mjs:fetcher");
  onTestFinished(() => server.kill());
  const client = await keptByUws(target);
  await client.send(request("GET /held?id=1"));
  await poll(async () => (await seenBy(target)).held > 0);
  ENDS[name as keyof typeof ENDS](client);
  await poll(async () => (await seenBy(target)).gone.includes("aborted 1"));
  await settled(server);
});

// --- internal ---

/** In the time that it has to leave, no idle connection ends by itself. */
function start(kind: string, name: string, app: string): Promise<{ server: Junicorn; target: Target }> {
  return startOver(kind, name, app, ["--graceful-timeout", "6"]);
}

/** Has answers sent that nobody reads, one after the other, until the kernel takes no more and one more request waits. Returns what their bodies are made of. */
async function fill(client: RawClient, target: Target): Promise<string[]> {
  client.socket.pause();
  const letters: string[] = [];
  let { served } = await seenBy(target);
  for (;;) {
    const letter = String.fromCharCode(97 + (letters.length % 26));
    letters.push(letter);
    await client.send(request(`GET /sized?bytes=${BYTES}&letter=${letter}`));
    const before = served;
    for (let i = 0; i < 10 && served === before; i++) {
      await ask(target, "/delay?ms=2&say=now");
      ({ served } = await seenBy(target));
    }
    if (served === before) return letters;
  }
}

/** By RST, where there is one. */
function cut(client: RawClient): void {
  if (client.socket.remoteAddress === undefined) client.destroy();
  else client.reset();
}

/** Until no request is in flight. */
async function settled(server: Junicorn): Promise<void> {
  await poll(async () => (await workerOf(server)).active === 0, { what: "no request in flight" });
}

async function workerOf(server: Junicorn): Promise<WorkerSnapshot> {
  const { body } = await askControl(await controlSocketOf(server), "GET /workers");
  const [worker] = (body as unknown as { workers: WorkerSnapshot[] }).workers;
  return worker!;
}
