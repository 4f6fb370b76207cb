/** The pidfile: whose it is, and what becomes of it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { isAlive, Pidfile } from "../../../src/master/pidfile.ts";
import { poll } from "../../support/poll.ts";

let directory = "";
let path = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "junicorn-pidfile-"));
  path = join(directory, "server.pid");
});
afterEach(() => rmSync(directory, { recursive: true }));

const text = (): string => readFileSync(path, "utf8");

it("holds the pid, for all to read, and goes away", () => {
  const pidfile = new Pidfile();
  pidfile.create(path);
  expect(text()).toBe(`${process.pid}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(readdirSync(directory)).toEqual(["server.pid"]);
  pidfile.remove();
  expect(existsSync(path)).toBe(false);
});

it("refuses one that names a live process, whoever owns it", () => {
  for (const pid of [1, process.ppid]) {
    writeFileSync(path, `${pid}\n`);
    expect(() => new Pidfile().create(path)).toThrow(`it names process ${pid} (`);
    expect(text()).toBe(`${pid}\n`);
  }
});

it.each(["4194999", `${process.pid}`, "", "no number", "-5", "0"])("replaces one that is left over: %j", (left) => {
  writeFileSync(path, left);
  new Pidfile().create(path);
  expect(text()).toBe(`${process.pid}\n`);
});

it("replaces nothing that is no pidfile: --pid server.js would cost the application", () => {
  const code = "export default { fetch: () => new Response('hello from the application') };\n";
  writeFileSync(path, code);
  expect(() => new Pidfile().create(path)).toThrow("there is a file that holds more than a number, and would be lost");
  const moved = new Pidfile();
  moved.create(`${path}.2`);
  expect(() => moved.move(path)).toThrow("would be lost");
  moved.remove();
  expect(text()).toBe(code);
  expect(() => new Pidfile().create("/dev/null")).toThrow("there is something that is no file");
});

it("does not remove one that is another's by now", () => {
  const pidfile = new Pidfile();
  pidfile.create(path);
  writeFileSync(path, "1\n");
  pidfile.remove();
  expect(text()).toBe("1\n");
});

it("says what keeps it from writing", () => {
  expect(() => new Pidfile().create(join(directory, "none", "x.pid"))).toThrow("its directory does not exist (ENOENT)");
  mkdirSync(path);
  expect(() => new Pidfile().create(path)).toThrow(`cannot use the pidfile ${path} (--pid): it is a directory`);
  expect(readdirSync(directory)).toEqual(["server.pid"]);
});

it("moves, and stays where it is if it cannot", () => {
  const pidfile = new Pidfile();
  pidfile.create(`${path}.2`);
  writeFileSync(path, "1\n");
  expect(() => pidfile.move(path)).toThrow("alive");
  expect(pidfile.path).toBe(`${path}.2`);
  writeFileSync(path, "4194999\n");
  const { ino } = statSync(`${path}.2`);
  pidfile.move(path);
  expect(readdirSync(directory)).toEqual(["server.pid"]);
  expect(statSync(path).ino, "renamed, so that nobody sees both or none").toBe(ino);
  pidfile.move(path);
  expect(text()).toBe(`${process.pid}\n`);
  pidfile.move(null);
  expect(readdirSync(directory)).toEqual([]);
});

it("tells the living from the dead", async () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(1)).toBe(true);
  expect(isAlive(4194999)).toBe(false);
  // The shell becomes something that never looks after its child, which stays a zombie.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [pid] = (await once(parent.stdout, "data")) as [Buffer];
  await poll(() => !isAlive(Number(pid)), { what: () => "a zombie to be seen as one" });
  expect(existsSync(`/proc/${Number(pid)}`)).toBe(true);
});
