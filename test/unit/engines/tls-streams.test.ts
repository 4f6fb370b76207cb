/** Reading through TLS: nothing comes while reading is paused, and what comes afterwards is whole and in order. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { TlsStreams } from "../../../src/engines/tls/streams.ts";
import { StreamEvent } from "../../../src/native.ts";
import { Certificates } from "../../support/certificates.ts";
import { secure } from "../../support/tls-client.ts";
import { temporaryFolder } from "../../support/tools.ts";

const SENT = Buffer.alloc(1_000_000, "0123456789abcdefghijklmnopqrstuvwxyz!");

test("a reader that stops after every piece gets all in order, nothing while it has stopped, and can be left to somebody else", async (context) => {
  const { cert, key } = new Certificates(temporaryFolder(context)).make("own", ["localhost"]);
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "secureConnection");
  const client = await secure((server.address() as AddressInfo).port);
  const [socket] = (await accepted) as [TLSSocket];
  const received: Buffer[] = [];
  let length = 0;
  let paused = false;
  let early = 0;
  const streams = new TlsStreams((id, event, size) => {
    if (event !== StreamEvent.READ) return;
    if (paused) early++;
    received.push(Buffer.from(streams.readBuffer.subarray(0, size)));
    length += size;
    if (length === SENT.length || received.length % 3 !== 0) return;
    streams.pause(id);
    paused = true;
    setTimeout(() => {
      paused = false;
      streams.resume(id);
    }, 1);
  });
  const raw = (socket as unknown as { _parent: Socket })._parent;
  const id = streams.take({ socket, raw, fd: -1, address: "" });
  client.write(SENT);
  streams.resume(id);
  await expect.poll(() => length, { timeout: 20_000 }).toBe(SENT.length);
  expect(Buffer.concat(received).equals(SENT)).toBe(true);
  expect(early).toBe(0);
  streams.pause(id);
  streams.release(id);
  client.write("for somebody else");
  const [chunk] = (await once(socket, "data")) as [Buffer];
  expect(String(chunk)).toBe("for somebody else");
  expect(length).toBe(SENT.length);
  client.destroy();
  socket.destroy();
  server.close();
});
