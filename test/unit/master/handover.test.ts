/** What one master leaves for the next, and systemd for both; and how the command is found again. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { handOver, readHandover } from "../../../src/master/handover.ts";
import { repeatCommand, repeatEnvironment } from "../../../src/master/invocation.ts";

it("reads what it writes", () => {
  const asked = ["127.0.0.1:8000", "unix:/run/a,b.sock", ""];
  expect(readHandover(handOver(42, asked), 7)).toEqual({
    predecessor: 42,
    sockets: asked.map((text, index) => ({ fd: 3 + index, asked: text })),
    from: "the old master",
  });
});

it("reads what systemd leaves, if it is for this process", () => {
  const nothing = { predecessor: 0, sockets: [], from: "" };
  expect(readHandover({ LISTEN_PID: "7", LISTEN_FDS: "2" }, 7)).toEqual({
    predecessor: 0,
    sockets: [
      { fd: 3, asked: "" },
      { fd: 4, asked: "" },
    ],
    from: "systemd",
  });
  expect(readHandover({ LISTEN_PID: "8", LISTEN_FDS: "2" }, 7)).toEqual(nothing);
  expect(readHandover({ LISTEN_PID: "7", LISTEN_FDS: "0" }, 7)).toEqual(nothing);
  expect(readHandover({ LISTEN_FDS: "2" }, 7)).toEqual(nothing);
  expect(readHandover({}, 7)).toEqual(nothing);
});

it.each([
  [{ JUNICORN_PID: "1" }, "JUNICORN_FD"],
  [{ JUNICORN_FD: "3" }, "JUNICORN_PID"],
  [{ JUNICORN_PID: "x", JUNICORN_FD: "3" }, "JUNICORN_PID"],
  [{ JUNICORN_PID: "1", JUNICORN_FD: "3,,4" }, "JUNICORN_FD"],
  [{ JUNICORN_PID: "1", JUNICORN_FD: "3", JUNICORN_BIND: "[1]" }, "JUNICORN_BIND"],
  [{ JUNICORN_PID: "1", JUNICORN_FD: "3", JUNICORN_BIND: "{" }, "JUNICORN_BIND"],
  [{ LISTEN_PID: "7", LISTEN_FDS: "many" }, "LISTEN_FDS"],
])("refuses %j", (env, variable) => {
  expect(() => readHandover(env, 7)).toThrow(new RegExp(`^${variable}: `));
});

it("finds node again where it was found: by its path, through a link, in PATH; else the one that runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const version of ["one", "two"]) {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "node"), "");
    chmodSync(join(folder, version, "node"), 0o755);
  }
  symlinkSync("two", join(folder, "current"));
  const found = (name: string, path = "/nowhere"): string =>
    repeatCommand({ command: [name, "-r", "x", "main.js"], directory: folder, environment: { PATH: path } }).file;
  expect(found("node", `/nowhere:${join(folder, "current")}:${join(folder, "one")}`)).toBe(
    join(folder, "current/node"),
  );
  expect(found(join(folder, "one", "node"))).toBe(join(folder, "one", "node"));
  expect(found("./one/node")).toBe(join(folder, "one", "node"));
  expect(found("node")).toBe(process.execPath);
  expect(found("./gone/node")).toBe(process.execPath);
});

it("hands on the environment of the start, without what was for that process alone", () => {
  const environment = { KEPT: "1", LISTEN_PID: "7", JUNICORN_FD: "3", NOTIFY_SOCKET: "/x" };
  const repeated = repeatEnvironment({ command: [], directory: "/", environment }, { JUNICORN_PID: "9" });
  expect(JSON.parse(JSON.stringify(repeated))).toEqual({ KEPT: "1", JUNICORN_PID: "9" });
});
