/** Backpressure: up to a gibibyte to a slow reader. */

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LENGTHS, LIMIT_MIB, MIB, open, startWarm, watchMemory } from "../support/memory.ts";
import { request } from "../support/raw-client.ts";

/** The reader rests this long after each MiB: far slower than the other side, yet done in seconds. */
const REST_MS = 4;

describe.each(LENGTHS)("$interface in $workerClass on $engine, $size", ({ bytes, ...subject }) => {
  it("downloads to a slow reader", { timeout: 120_000 }, async () => {
    const server = await startWarm(subject);
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
});
