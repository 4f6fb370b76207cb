/** Backpressure: up to a gibibyte into a slow application, which rests after each MiB. */

import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { LENGTHS, LIMIT_MIB, MIB, open, startWarm, watchMemory } from "../support/memory.ts";
import { request } from "../support/raw-client.ts";

describe.each(LENGTHS)("$interface in $workerClass on $engine, $size", ({ bytes, ...subject }) => {
  it("uploads into a slow application", { timeout: 120_000 }, async () => {
    const server = await startWarm(subject);
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

async function collect(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) parts.push(chunk);
  return Buffer.concat(parts);
}
