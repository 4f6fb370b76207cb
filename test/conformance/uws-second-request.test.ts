/** The invalid corpus as later requests of a connection that uWebSockets serves: what it parses by itself, and what our rules make of it. And a body that is sound. */

import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { isWholeRead } from "../support/late-reader.ts";
import { exchange, RawClient, request } from "../support/raw-client.ts";
import { DEFAULT_LIMITS, invalidCases } from "../support/request-corpus.ts";
import { HAS_UWS } from "../support/uws.ts";

const cases = invalidCases().filter(({ limits }) => JSON.stringify(limits) === JSON.stringify(DEFAULT_LIMITS));

describe.runIf(HAS_UWS).each(["fetch", "node", "wsgi"])("%s on a kept uws connection", (name) => {
  let server: Junicorn;
  beforeAll(async () => {
    const args = ["--worker-class", "async", "--http-engine", "uws", "--interface", name];
    server = await startJunicorn({ app: `./conformance-${name}.mjs`, args, shared: true });
  });
  afterAll(() => server.kill());

  it.each(cases)("accepts neither invalid/$name nor what comes after it", async (entry) => {
    const statuses = await statusesOf(server.port, Buffer.concat([entry.bytes, Buffer.from(request("GET /hello"))]));
    expect(statuses.filter((status) => status < 400).length).toBeLessThanOrEqual(entry.requests);
  });

  it("a large body comes back whole to a client that reads late", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const [first] = (await once(get({ agent, port: server.port, path: "/hello" }), "response")) as [IncomingMessage];
    await once(first.resume(), "end");
    expect(await isWholeRead(server.port, false, { agent })).toBe(true);
  });
});

// --- internal ---

/** The status of each answer to `bytes`, and to a sound request after them if the connection still stands. */
async function statusesOf(port: number, bytes: Buffer): Promise<number[]> {
  const client = await RawClient.connect(port);
  try {
    await client.send(request("GET /hello"));
    expect((await client.read()).status).toBe(200);
    await client.send(bytes);
    // Time for an answer, by the worker's own clock; then the end of input for what still waits for more.
    await exchange(port, request("GET /delay?ms=20&say=now"));
    client.halfClose();
    await client.closed(20_000);
    return [...client.pending.toString("latin1").matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  } finally {
    client.destroy();
  }
}
