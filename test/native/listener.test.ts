/** Listening and accepting: names, queues, pausing, more than one listener, and what cannot be bound. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeSync } from "node:fs";
import net from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { native, type Listener, type ListenOptions } from "../../src/native.ts";
import { poll } from "../support/poll.ts";

interface Accepted {
  fd: number;
  address: string;
  port: number;
}

const ADDON = fileURLToPath(new URL("../../native", import.meta.url));
const { Listener: ListenerClass, ...addon } = native();
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function listen(options: Partial<ListenOptions> = {}): number {
  const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 8, ...options } as ListenOptions);
  cleanups.push(() => addon.close(fd));
  return fd;
}

/** Keeps what it accepts, and closes it after the test. */
function listener(fd: number, accepted: Accepted[] = []): { listener: Listener; accepted: Accepted[] } {
  const created = new ListenerClass(fd, (connection, address, port) => {
    accepted.push({ fd: connection, address, port });
    if (connection >= 0) cleanups.push(() => addon.close(connection));
  });
  cleanups.push(() => created.close());
  return { listener: created, accepted };
}

async function connect(options: net.NetConnectOpts): Promise<net.Socket> {
  const socket = net.connect(options);
  socket.on("error", () => {});
  cleanups.push(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "s.sock");
}

function thrown(action: () => unknown): NodeJS.ErrnoException {
  try {
    action();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error("nothing was thrown");
}

it("closes the gate: nobody new comes in, and what waits or is half there does", async () => {
  const fd = addon.listen({ host: "127.0.0.1", port: 0, backlog: 8, deferAcceptSeconds: 30 });
  const { port } = addon.socketName(fd);
  for (const text of ["1", "2"]) (await connect({ port })).write(text);
  await connect({ port }); // says nothing, so the kernel keeps it to itself
  const { listener: acceptor, accepted } = listener(fd);
  await poll(() => addon.acceptQueue(fd)?.length === 2);
  addon.closeGate(fd);
  const late = net.connect({ port });
  const outcome = new Promise((resolve) => {
    late.once("connect", () => resolve("connected"));
    late.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  await poll(() => (acceptor.acceptNow(), accepted.length === 3));
  expect(late.connecting).toBe(true);
  acceptor.close();
  addon.close(fd);
  expect(await outcome).toBe("ECONNREFUSED");
});

it("bounds what the kernel takes for a client that does not read", async () => {
  const taken = async (limit: number): Promise<number> => {
    const fd = listen();
    addon.limitUnsent(fd, limit);
    (await connect({ port: addon.socketName(fd).port })).pause();
    const { listener: acceptor, accepted } = listener(fd);
    await poll(() => (acceptor.acceptNow(), accepted.length === 1));
    const piece = Buffer.alloc(64 * 1024);
    let bytes = 0;
    const full = thrown(() => {
      for (;;) bytes += writeSync(accepted[0]!.fd, piece);
    });
    expect(full.code).toBe("EAGAIN");
    return bytes;
  };
  expect(await taken(128 * 1024)).toBeLessThan((await taken(0)) / 2);
});

describe("listen", () => {
  it("names what it has bound", () => {
    const { address, family, port } = addon.socketName(listen());
    expect({ address, family }).toEqual({ address: "127.0.0.1", family: "IPv4" });
    expect(port).toBeGreaterThan(0);
    expect(addon.socketName(listen({ host: "::1" }))).toMatchObject({ address: "::1", family: "IPv6" });
  });

  it("[::] takes IPv4, too, and shows it as such", async () => {
    const fd = listen({ host: "::" });
    const { accepted, listener: watching } = listener(fd);
    watching.resume();
    const socket = await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    await poll(() => accepted.length === 1);
    expect(accepted[0]).toMatchObject({ address: "127.0.0.1", port: socket.localPort });
    expect(addon.peerName(accepted[0]!.fd)).toEqual({ family: "IPv4", address: "127.0.0.1", port: socket.localPort });
  });

  it("listens on unix sockets", async () => {
    const path = temporaryPath();
    const fd = listen({ path });
    expect(statSync(path).isSocket()).toBe(true);
    expect(addon.socketName(fd)).toEqual({ family: "unix", address: path, port: 0 });
    const { accepted, listener: watching } = listener(fd);
    watching.resume();
    await connect({ path });
    await poll(() => accepted.length === 1);
    expect(accepted[0]).toMatchObject({ address: "", port: 0 });
    expect(addon.acceptQueue(fd)).toBeNull();
  });

  it("tells how many wait at a unix socket, where the kernel can be asked", async () => {
    const path = temporaryPath();
    const fd = listen({ path, backlog: 5 });
    const empty = addon.unixAcceptQueue(fd);
    expect([null, 5]).toContain(empty?.limit ?? null);
    await connect({ path });
    await connect({ path });
    const waiting = addon.unixAcceptQueue(fd);
    // Some kernels, and sandboxes that play one, lack UNIX_DIAG.
    expect(waiting).toEqual(empty === null ? null : { length: 2, limit: 5 });
    expect(addon.unixAcceptQueue(listen({}))).toBeNull();
    expect(addon.unixAcceptQueue(0)).toBeNull();
  });

  it("shares a port with reusePort only", () => {
    const first = listen({ reusePort: true });
    const { port } = addon.socketName(first);
    listen({ port, reusePort: true });
    expect(thrown(() => listen({ port }))).toMatchObject({ code: "EADDRINUSE" });
  });

  it("reports a deferred connection with its first bytes", async () => {
    const fd = listen({ deferAcceptSeconds: 5 });
    const { listener: watching } = listener(fd);
    const socket = await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    expect(watching.acceptNow()).toBe(false);
    socket.write("x");
    await poll(() => watching.acceptNow());
  });

  it.each<[string, Partial<ListenOptions>, object]>([
    ["an address that is not ours", { host: "192.0.2.1" }, { code: "EADDRNOTAVAIL", syscall: "bind" }],
    ["an address that is none", { host: "localhost" }, { code: "EINVAL", syscall: "bind" }],
    ["a path in no folder", { path: "/no/such/folder/s" }, { code: "ENOENT", syscall: "bind" }],
    ["a path that is too long", { path: `/${"x".repeat(200)}` }, { code: "ENAMETOOLONG", syscall: "bind" }],
  ])("fails for %s", (_what, options, expected) => {
    expect(thrown(() => listen(options))).toMatchObject(expected);
  });

  it("says which port is in use", () => {
    const { port } = addon.socketName(listen());
    const error = thrown(() => listen({ port }));
    expect(error).toMatchObject({ code: "EADDRINUSE", errno: -constants.errno.EADDRINUSE, syscall: "bind" });
    expect(error.message).toBe("bind EADDRINUSE: address already in use");
  });

  it.each<[string, object, ErrorConstructor]>([
    ["no options", undefined as unknown as object, TypeError],
    ["no port", { host: "127.0.0.1", backlog: 1 }, TypeError],
    ["a port beyond 65535", { host: "127.0.0.1", port: 65_536, backlog: 1 }, RangeError],
    ["an empty path", { path: "", backlog: 1 }, RangeError],
    ["a backlog that is none", { host: "127.0.0.1", port: 0, backlog: "8" }, TypeError],
  ])("throws for %s", (_what, options, type) => {
    expect(() => addon.listen(options as ListenOptions)).toThrow(type);
  });
});

describe("accepting", () => {
  it("starts paused, and leaves connections to others until it is resumed", async () => {
    const fd = listen();
    const { accepted, listener: watching } = listener(fd);
    const address = { host: "127.0.0.1", port: addon.socketName(fd).port };
    await Promise.all([connect(address), connect(address), connect(address)]);
    await poll(() => addon.acceptQueue(fd)?.length === 3);
    expect(addon.acceptQueue(fd)).toEqual({ length: 3, limit: 8 });
    expect(accepted).toEqual([]);
    expect(watching.acceptNow()).toBe(true);
    expect(accepted).toHaveLength(1);
    watching.resume();
    await poll(() => accepted.length === 3);
    expect(watching.acceptNow()).toBe(false);
  });

  it("takes one connection a wake-up, and none after pause() in its callback", async () => {
    const fd = listen();
    const address = { host: "127.0.0.1", port: addon.socketName(fd).port };
    await Promise.all([connect(address), connect(address)]);
    const taken: number[] = [];
    const watching = new ListenerClass(fd, (connection) => {
      taken.push(connection);
      watching.pause();
    });
    watching.resume();
    await poll(() => taken.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken).toHaveLength(1);
    watching.close();
    for (const connection of taken) addon.close(connection);
    expect(addon.acceptQueue(fd)?.length).toBe(1);
  });

  it("asks before it accepts, if it is to, and leaves the connection where it is told to", async () => {
    const fd = listen();
    const accepted: number[] = [];
    let asked = 0;
    let may = false;
    const watching: Listener = new ListenerClass(
      fd,
      (connection) => accepted.push(connection),
      () => {
        asked++;
        if (!may) watching.pause();
        return may;
      },
    );
    cleanups.push(() => watching.close());
    watching.resume();
    await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    await poll(() => asked === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect({ asked, accepted, waiting: addon.acceptQueue(fd)?.length }).toEqual({ asked: 1, accepted: [], waiting: 1 });
    may = true;
    watching.resume();
    await poll(() => accepted.length === 1);
    addon.close(accepted[0]!);
  });

  it("may be closed while it asks", async () => {
    const fd = listen();
    let asked = false;
    const watching: Listener = new ListenerClass(
      fd,
      () => expect.unreachable(),
      () => {
        asked = true;
        watching.close();
        return true;
      },
    );
    watching.resume();
    await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    await poll(() => asked);
    expect(addon.acceptQueue(fd)?.length).toBe(1);
  });

  it("may be closed in its callback; the fd stays open", async () => {
    const fd = listen();
    let closed = false;
    const watching = new ListenerClass(fd, (connection) => {
      addon.close(connection);
      watching.close();
      closed = true;
    });
    watching.resume();
    await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    await poll(() => closed);
    expect(() => watching.resume()).toThrow(/closed/);
    expect(addon.isListening(fd)).toBe(true);
    const { accepted, listener: next } = listener(fd);
    next.resume();
    await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    await poll(() => accepted.length === 1);
  });

  it("out of descriptors, it says so and pauses; nothing is lost", async () => {
    const fd = listen();
    const script = `
      const fs = require("node:fs");
      const addon = require("node-gyp-build")(${JSON.stringify(ADDON)});
      const fillers = [];
      try { for (;;) fillers.push(fs.openSync("/dev/null")); } catch {}
      let calls = 0;
      const listener = new addon.Listener(3, (fd) => {
        calls++;
        if (fd >= 0) { process.stdout.write(" accepted " + calls); process.exit(0); }
        process.stdout.write("refused " + fd);
        setTimeout(() => { fs.closeSync(fillers.pop()); listener.resume(); }, 50);
      });
      listener.resume();
      setInterval(() => {}, 1000);`;
    const child = spawn("sh", ["-c", 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, script], {
      stdio: ["ignore", "pipe", "inherit", fd],
    });
    let output = "";
    child.stdout!.on("data", (data) => (output += data));
    await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    await once(child, "exit");
    // Called once for the error, not again and again while the descriptors were gone.
    expect(output).toBe(`refused ${-constants.errno.EMFILE} accepted 2`);
  });

  it("acceptNow lets the callback's exception out", async () => {
    const fd = listen();
    await connect({ host: "127.0.0.1", port: addon.socketName(fd).port });
    const watching = new ListenerClass(fd, (connection) => {
      addon.close(connection);
      throw new Error("no room");
    });
    await poll(() => addon.acceptQueue(fd)?.length === 1);
    expect(() => watching.acceptNow()).toThrow("no room");
    watching.close();
  });

  it.each<[string, () => void, ErrorConstructor]>([
    ["a file descriptor that is closed", () => void new ListenerClass(999_999, () => {}), Error],
    ["one that does not listen", () => void new ListenerClass(0, () => {}), Error],
    ["no callback", () => void new ListenerClass(0, undefined as never), TypeError],
  ])("throws for %s", (_what, action, type) => {
    expect(action).toThrow(type);
  });
});

it("isListening tells listeners from other fds", async () => {
  const fd = listen();
  expect(addon.isListening(fd)).toBe(true);
  expect(addon.isListening(0)).toBe(false);
  expect(() => addon.isListening(999_999)).toThrow(/EBADF/);
});
