import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseAddress } from "../../../src/net/address.ts";
import { adoptListeners, bindListeners, type BindOptions, type Listeners } from "../../../src/net/listeners.ts";
import { RecordingLog } from "../../support/recording-log.ts";

async function bind(
  addresses: string[],
  current: Listeners | null = null,
  more: Partial<BindOptions> = {},
): Promise<Listeners> {
  const options = { backlog: 8, deferAcceptSeconds: 0, log: new RecordingLog(), retryMs: 1, ...more };
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

test("an address has as many sockets as lanes, on one port, and they stay together", async () => {
  const old = await bind(["127.0.0.1:0", "127.0.0.2:0"], null, { lanes: 3 });
  expect(old.all.map(({ lane }) => lane)).toEqual([0, 1, 2, 0, 1, 2]);
  // The system may choose the same number for both.
  expect(new Set(old.all.map(({ host, port }) => `${host}:${port}`)).size).toBe(2);
  expect(old.urls.split(",").length).toBe(2);
  const next = await bind(["127.0.0.2:0"], old, { lanes: 3 });
  expect(next.all).toEqual(old.all.slice(3));
  old.closeExcept(next);
});

test("adopted sockets are recognised by what the settings called them", async () => {
  const old = await bind(["127.0.0.1:0", "127.0.0.1:0"], null, { lanes: 2 });
  const sockets = old.owned.map(({ asked, listener }) => ({ asked, fd: listener.fd }));
  const adopted = adoptListeners(sockets);
  expect(adopted.all).toEqual(old.all);
  expect(adopted.supplied).toBe(false);
  const next = await bind(["127.0.0.1:0"], adopted);
  expect(next.all).toEqual(old.all.slice(0, 2));
  adopted.closeExcept(next);
  old.owned.length = 0; // the same descriptors
  expect(() => adoptListeners([{ fd: 0, asked: "" }])).toThrow("cannot bind fd://0: the descriptor is not a listening");
});

test("the file of a unix socket has the mask that was asked for, and outlives us while others serve it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-listeners-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "app.sock");
  for (const umask of [0, 0o77]) {
    const before = process.umask();
    const listeners = await bind([`unix:${path}`], null, { umask });
    expect(statSync(path).mode & 0o777).toBe(0o777 & ~umask);
    expect(process.umask()).toBe(before);
    listeners.withOthers = umask === 0o77;
    listeners.close();
    expect(existsSync(path)).toBe(umask === 0o77);
  }
});

test("sockets that were supplied are never removed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-listeners-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "app.sock");
  const theirs = await bind([`unix:${path}`]);
  theirs.withOthers = true;
  const adopted = adoptListeners([{ fd: theirs.all[0]!.fd, asked: "" }]);
  expect(adopted.shared).toBe(true);
  adopted.close();
  expect(existsSync(path)).toBe(true);
  theirs.owned.length = 0;
});
