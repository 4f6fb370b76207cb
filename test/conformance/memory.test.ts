/** Backpressure: up to a gibibyte each way through a worker that may not grow by more than 80 MiB, or a little more where V8 takes more. */

import { createConnection, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { residentMiB, type Junicorn } from "../support/junicorn.ts";
import { exchange, request } from "../support/raw-client.ts";
import { startSubject, SUBJECTS } from "../support/subjects.ts";

/** On Node 24 and 26 threads take 64 to 83 for that, however many bytes go through, and 33 to 65 on Node 20. */
const LIMIT_MIB = Number.parseInt(process.versions.node) >= 24 ? 112 : 80;
const MIB = 1 << 20;
const LONG = 1024 * MIB;
/** More than twice what may stay: enough to see that one side does not wait for the other. */
const SHORT = 256 * MIB;
/** The slow reader rests this long after each MiB, as the slow application does: far slower than the other side, yet done in seconds. */
const REST_MS = 4;

// On llhttp, async moves bytes as sync does.
const CASES = SUBJECTS.filter(({ workerClass, engine }) => workerClass !== "async" || engine === "uws");
/** Who serves the gibibyte, in which what stays of each piece adds up: each class, engine and interface once. */
const SERVES_LONG: Readonly<Record<string, string>> = { sync: "wsgi", gthread: "node", async: "fetch" };

const LENGTHS = CASES.map((subject) => {
  const bytes = SERVES_LONG[subject.workerClass] === subject.interface ? LONG : SHORT;
  return { ...subject, bytes, size: `${bytes / MIB} MiB` };
});

describe.each(LENGTHS)("$interface in $workerClass on $engine, $size", ({ bytes, ...subject }) => {
  it("downloads to a slow reader", { timeout: 120_000 }, async () => {
    const server = await warm(await startSubject(subject));
    const watch = watchMemory(server);
    const socket = await open(server.port);
    socket.write(request(`GET /flood?bytes=${bytes}`, { Connection: "close" }));
    let received = 0;
    let rested = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received - rested >= MIB) {
        rested = received;
        await sleep(REST_MS);
      }
    }
    expect(received).toBeGreaterThan(bytes);
    expect(watch.growth()).toBeLessThan(LIMIT_MIB);
  });

  it("uploads into a slow application", { timeout: 120_000 }, async () => {
    const server = await warm(await startSubject(subject));
    const watch = watchMemory(server);
    const socket = await open(server.port);
    socket.write(request("POST /sink", { "Content-Length": String(bytes), Connection: "close" }));
    const answer = collect(socket);
    const piece = Buffer.alloc(MIB, "u");
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (!socket.write(piece)) await once(socket, "drain");
    }
    expect((await answer).toString()).toMatch(new RegExp(`\\b${bytes}(\\r\\n|$)`));
    expect(watch.growth()).toBeLessThan(LIMIT_MIB);
  });
});

// --- internal ---

/** A few requests first, so that code that is compiled once does not count. */
async function warm(server: Junicorn): Promise<Junicorn> {
  for (let i = 0; i < 5; i++) await exchange(server.port, request("GET /flood?bytes=8000000"));
  return server;
}

/** Watches the only worker's resident memory; `growth()` ends it and gives the largest growth in MiB. */
function watchMemory(server: Junicorn): { growth: () => number } {
  const [pid] = server.workers;
  if (pid === undefined) throw new Error("no worker");
  const before = residentMiB(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentMiB(pid))), 20);
  return {
    growth: () => {
      clearInterval(timer);
      return most - before;
    },
  };
}

async function open(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return socket;
}

async function collect(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) parts.push(chunk);
  return Buffer.concat(parts);
}
