import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { parseAddress } from "../../../src/net/address.ts";
import { bindListeners, type Listeners } from "../../../src/net/listeners.ts";
import { RecordingLog } from "../../support/recording-log.ts";

async function bind(addresses: string[], current: Listeners | null = null): Promise<Listeners> {
  const options = { backlog: 8, deferAcceptSeconds: 0, log: new RecordingLog(), retryMs: 1 };
  const listeners = await bindListeners(addresses.map(parseAddress), options, current);
  onTestFinished(() => listeners.close());
  return listeners;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  return Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).catch(
    () => false,
  );
}

test("addresses that stay keep their sockets, and those that go are closed by the one who goes", async () => {
  const old = await bind(["127.0.0.1:0", "127.0.0.2:0"]);
  const next = await bind(["127.0.0.2:0", "127.0.0.3:0"], old);
  expect(next.all[0]).toBe(old.all[1]);
  const [gone] = old.all;
  old.closeExcept(next);
  expect(await accepts(gone!.port)).toBe(false);
  expect(next.all.map(({ host }) => host)).toEqual(["127.0.0.2", "127.0.0.3"]);
});

test("where a new address cannot be bound, all is as it was", async () => {
  const old = await bind(["127.0.0.1:0"]);
  const taken = `127.0.0.1:${old.all[0]!.port}`;
  await expect(bind(["127.0.0.1:0", taken], old)).rejects.toThrow(/cannot bind .*already in use/);
  expect(await accepts(old.all[0]!.port)).toBe(true);
});

test("the same address twice is two sockets, not one shared", async () => {
  const old = await bind(["127.0.0.1:0"]);
  const next = await bind(["127.0.0.1:0", "127.0.0.1:0"], old);
  expect(next.all[0]).toBe(old.all[0]);
  expect(next.all[1]!.fd).not.toBe(old.all[0]!.fd);
  old.closeExcept(next);
});
