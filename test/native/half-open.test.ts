/** Clients that are connected, as they see it, while the kernel has nothing to accept. */

import { connect } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { handshakesUnderWay } from "../../src/net/tcp-table.ts";
import { native } from "../../src/native.ts";
import { poll } from "../support/poll.ts";

test("a client that has not sent anything is seen on its port, until it sends", async () => {
  const fd = native().listen({ host: "127.0.0.1", port: 0, backlog: 8, deferAcceptSeconds: 5 });
  onTestFinished(() => native().close(fd));
  const { port } = native().socketName(fd);
  expect(handshakesUnderWay(new Set([port]))).toBe(false);
  const client = connect(port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  await once(client, "connect");
  expect(native().acceptQueue(fd)).toMatchObject({ length: 0 });
  expect(handshakesUnderWay(new Set([1, port]))).toBe(true);
  expect(handshakesUnderWay(new Set([1]))).toBe(false);
  client.write("x");
  await poll(() => native().acceptQueue(fd)?.length === 1, { what: "a connection to accept" });
  expect(handshakesUnderWay(new Set([port]))).toBe(false);
});
