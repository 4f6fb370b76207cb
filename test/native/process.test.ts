/** Calls about users and children. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { native } from "../../src/native.ts";
import { poll } from "../support/poll.ts";

it("finds users and groups by name and by number", () => {
  expect(native().findUser("root")).toEqual({ name: "root", id: 0, group: 0 });
  expect(native().findUser("0")).toEqual(native().findUser("root"));
  expect(native().findGroup("root")).toEqual({ name: "root", id: 0, group: 0 });
  for (const name of ["", "no such user", "4294967295", "99999999999", "-1", "0x0"]) {
    expect(native().findUser(name)).toBeNull();
    expect(native().findGroup(name)).toBeNull();
  }
});

it("takes the status of a child that has ended, and of none that lives", async () => {
  const child = spawn("sleep", ["30"], { stdio: "ignore" });
  await once(child, "spawn");
  expect(native().reap(child.pid!)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(native().reap(child.pid!)).toBe(false);
  expect(() => native().reap(0)).toThrow("above 0");
  expect(() => native().reap(-1)).toThrow("above 0");
});

it("makes a descriptor another one of a file", () => {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-process-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [first, second] = ["a", "b"].map((name) => openSync(join(directory, name), "a"));
  native().duplicate(first!, second!);
  closeSync(first!);
  writeSync(second!, "text");
  closeSync(second!);
  expect(readFileSync(join(directory, "a"), "utf8")).toBe("text");
  expect(readFileSync(join(directory, "b"), "utf8")).toBe("");
  expect(() => native().duplicate(-1, 1)).toThrow("EBADF");
});

it("tells systemd through sockets in the file system and in the abstract namespace", async () => {
  expect(native().sdNotify("/nowhere/notify", "READY=1")).toBe(false);
  const name = `@junicorn-test-${process.pid}`;
  const code = `import socket,sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(chr(0) + sys.argv[1]); print("bound", flush=True)
print(s.recv(100).decode(), flush=True)`;
  const listener = spawn("python3", ["-c", code, name.slice(1)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  listener.stdout.on("data", (data) => (text += String(data)));
  await poll(() => text.includes("bound"), { what: () => "the listener" });
  expect(native().sdNotify(name, "READY=1\nSTATUS=x")).toBe(true);
  await poll(() => text.includes("READY=1\nSTATUS=x"), { what: () => "the message" });
});
