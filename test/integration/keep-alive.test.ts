/** The race that keep-alive has by nature, as far as a server can decide it: a request that has arrived is served. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startJunicorn } from "../support/junicorn.ts";
import { RawClient, request } from "../support/raw-client.ts";
import { valueOf } from "../support/response-parser.ts";

test("a request that has come is served, though its connection had been idle for too long when it was looked at", async () => {
  const args = ["-k", "async", "--http-engine", "llhttp", "--keep-alive", "1"];
  const server = await startJunicorn({ app: "process-lab.mjs", args });
  await server.waitFor(/ready after/);
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(server.port)));
  onTestFinished(() => clients.forEach((client) => client.destroy()));
  for (const client of clients) {
    await client.send(request("GET /pid"));
    expect(valueOf(await client.read(), "keep-alive")).toBe("timeout=1");
  }
  const [worker] = server.workers as [number];
  process.kill(worker, "SIGSTOP");
  try {
    await sleep(1500); // time is the subject here
    for (const client of clients) await client.send(request("POST /pid", {}, "once"));
  } finally {
    process.kill(worker, "SIGCONT");
  }
  for (const client of clients) expect((await client.read("POST")).status).toBe(200);
});
