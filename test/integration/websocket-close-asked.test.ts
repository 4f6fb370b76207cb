/** A request for a WebSocket that also asks for the end of its connection: what uws notes of it must not be taken for another connection's. */

import { expect, it, onTestFinished } from "vitest";
import { startJunicorn } from "../support/junicorn.ts";
import { RawClient, request } from "../support/raw-client.ts";
import { HAS_UWS } from "../support/uws.ts";

const ASKING = request("GET /", {
  Connection: "Upgrade, close",
  Upgrade: "websocket",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
});

it.runIf(HAS_UWS)("holds up nobody who comes after it", async () => {
  const server = await startJunicorn({ app: "./websocket.mjs", args: ["-k", "async", "--http-engine", "uws"] });
  onTestFinished(() => server.kill());
  const open = async (): Promise<RawClient> => {
    const client = await RawClient.connect(server.port);
    onTestFinished(() => client.destroy());
    return client;
  };
  for (let i = 0; i < 40; i++) {
    const client = await open();
    await client.send(ASKING);
    expect((await client.readBytes(1)).toString("latin1")).toMatch(/^HTTP\/1\.1 101/);
    client.destroy();
  }
  const clients = await Promise.all(Array.from({ length: 60 }, open));
  for (const client of clients) await client.send(request("GET /"));
  for (const client of clients) expect((await client.read()).status).toBeGreaterThan(0);
});
