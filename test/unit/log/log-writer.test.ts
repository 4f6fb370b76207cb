/** The error log and the files of lines behind both logs. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { safeMessage } from "../../../src/base/log-line.ts";
import { openLineFile, openLog } from "../../../src/base/log-writer.ts";
import { LEVELS } from "./levels.ts";

const directory = mkdtempSync(join(tmpdir(), "junicorn-log-"));
let files = 0;
const newPath = (): string => join(directory, `log-${files++}`);
const read = (path: string): string => readFileSync(path, "utf8");
const noNote = (message: string): void => expect.unreachable(message);

async function poll(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 5 });
}

describe("the error log", () => {
  test("has Gunicorn's lines", async () => {
    const file = newPath();
    const log = openLog({ file, level: "debug" });
    for (const level of LEVELS) log[level](`about ${level}`);
    await log.close();
    const lines = read(file).trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    LEVELS.forEach((level, i) => {
      const [, time, zone, pid, name, message] =
        /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ([+-]\d{4})\] \[(\d+)\] \[([A-Z]+)\] (.*)$/.exec(lines[i]!)!;
      expect(Math.abs(Date.now() - Date.parse(`${time} ${zone}`))).toBeLessThan(60_000);
      expect([pid, name, message]).toEqual([String(process.pid), level.toUpperCase(), `about ${level}`]);
    });
  });

  test("has pino's lines in JSON", async () => {
    const file = newPath();
    const log = openLog({ file, level: "debug", form: "json" });
    for (const level of LEVELS) log[level](`about ${level}\n  "more" \x1b`);
    await log.close();
    const lines = read(file)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ level }) => level)).toEqual([20, 30, 40, 50, 60]);
    expect(lines[1]).toEqual({
      level: 30,
      time: expect.closeTo(Date.now(), -5) as number,
      pid: process.pid,
      hostname: hostname(),
      msg: 'about info\n  "more" \x1b',
    });
  });

  test("counts its messages, also those that it does not write", () => {
    const log = openLog({ file: newPath(), level: "critical" });
    for (const level of [...LEVELS, "error" as const]) log[level]("x");
    expect(log.counts).toEqual({ warning: 1, error: 2, critical: 1, lost: 0 });
  });

  test("leaves out what is below its level, which can change", async () => {
    const file = newPath();
    const log = openLog({ file, level: "warning" });
    log.info("no");
    log.warning("yes");
    log.level = "debug";
    log.debug("now");
    await log.close();
    expect(read(file).match(/\] (\w+)$/gm)).toEqual(["] yes", "] now"]);
  });

  test.each([
    ["plain", "plain"],
    ["Error: x\n    at f (a.js:1:2)\n    at g", "Error: x\n    at f (a.js:1:2)\n    at g"],
    ["x\n[2026-01-01] [1] [INFO] forged", "x\n  [2026-01-01] [1] [INFO] forged"],
    ["x\r\ny\rz\n\n", "x\n  y\n  z"],
    ["a\x1b[31mred\x00\x7f\x9b", "a\\x1b[31mred\\x00\\x7f\\x9b"],
    ["tab\tand é €", "tab\tand é €"],
    ["a\u2028b", "a\n  b"],
  ])("shows %j safely", (message, shown) => expect(safeMessage(message)).toBe(shown));

  test("cannot be broken or forged by a message", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.constantFrom("\n", "\r", "[", " ", "\t", "\x1b"),
            fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
          ),
        }),
        (message) => {
          const [, ...rest] = safeMessage(message).split("\n");
          for (const line of rest) expect(line === "" || /^[ \t]/.test(line)).toBe(true);
          expect(safeMessage(message)).not.toMatch(/(?![\t\n])[\p{Cc}\u2028\u2029]/u);
        },
      ),
    );
  });

  test("says which file it cannot open", () => {
    expect(() => openLog({ file: join(directory, "none", "log"), level: "info" })).toThrow(
      /cannot open the log file .*none\/log \(--error-logfile\): ENOENT/,
    );
  });
});

describe("a file of lines", () => {
  afterEach(() => vi.restoreAllMocks());

  test("has them in order", async () => {
    const file = newPath();
    const lines = openLineFile(file, noNote);
    const expected = Array.from({ length: 5000 }, (_, i) => `line ${i} é`);
    for (const line of expected) lines.write(line);
    await lines.flush();
    expect(read(file)).toBe(expected.join("\n") + "\n");
    await lines.close();
  });

  test.each(["moved", "removed"])("that is %s without a word is opened anew within a second or so", async (how) => {
    const file = newPath();
    const lines = openLineFile(file, noNote);
    lines.write("before");
    await lines.flush();
    if (how === "moved") renameSync(file, `${file}.1`);
    else unlinkSync(file);
    await vi.waitFor(
      async () => {
        lines.write("after");
        await lines.flush();
        expect(read(file)).toMatch(/^(after\n)+$/);
      },
      { timeout: 20_000, interval: 100 },
    );
    if (how === "moved") expect(read(`${file}.1`)).toMatch(/^before\n/);
    await lines.close();
  });

  test("gets a lonely line soon, without being asked", async () => {
    const file = newPath();
    const lines = openLineFile(file, noNote);
    lines.write("lonely");
    expect(read(file)).toBe("");
    await poll(() => read(file) === "lonely\n");
    await lines.close();
  });

  test("flushSync() leaves nothing behind, not even a piece in flight", () => {
    const file = newPath();
    const lines = openLineFile(file, noNote);
    lines.write("x".repeat(10_000));
    lines.write("last");
    lines.flushSync();
    expect(read(file).replace(/x+/, "xs").trim().split("\n").sort()).toEqual(["last", "xs"]);
    void lines.close();
  });

  test("appends to what is there", async () => {
    const file = newPath();
    appendFileSync(file, "before\n");
    const lines = openLineFile(file, noNote);
    lines.write("after");
    await lines.close();
    lines.write("too late");
    await lines.close();
    expect(read(file)).toBe("before\nafter\n");
  });

  test("reopen() splits the lines exactly", async () => {
    const file = newPath();
    const lines = openLineFile(file, noNote);
    const all: string[] = [];
    for (let part = 0; part < 5; part++) {
      for (let i = 0; i < 300; i++) {
        const line = `${part}/${i} ${"x".repeat(50)}`;
        all.push(line);
        lines.write(line);
      }
      renameSync(file, `${file}.${part}`);
      lines.reopen();
    }
    await lines.close();
    for (let part = 0; part < 5; part++) {
      await poll(() => read(`${file}.${part}`) === all.slice(part * 300, part * 300 + 300).join("\n") + "\n");
    }
    expect(read(file)).toBe("");
  });

  test("reopen() that fails keeps the old file", async () => {
    const file = newPath();
    const lines = openLineFile(file, noNote);
    lines.write("one");
    await lines.flush();
    const moved = `${file}.moved`;
    renameSync(file, moved);
    symlinkSync(join(directory, "none", "x"), file);
    expect(() => lines.reopen()).toThrow(/cannot open the log file/);
    lines.write("two");
    await lines.close();
    expect(read(moved)).toBe("one\ntwo\n");
  });

  test("a full disk costs lines, which are counted, and nothing else", async () => {
    const file = newPath();
    const real = newPath();
    appendFileSync(real, "");
    symlinkSync("/dev/full", file);
    const notes: string[] = [];
    const lines = openLineFile(file, (message) => notes.push(message));
    lines.write("lost with the disk");
    await lines.flush();
    const line = "x".repeat(1023);
    for (let i = 0; i < 5000; i++) lines.write(line);
    expect(lines.dropped).toBeGreaterThan(800);
    unlinkSync(file);
    symlinkSync(real, file);
    lines.reopen();
    await lines.flush();
    expect(notes).toEqual([`${lines.dropped} log lines were lost: ${file} could not be written (ENOSPC)`]);
    expect(read(real).length / 1024 + lines.dropped).toBe(5001);
    lines.write("fine again");
    await lines.close();
    expect(read(real)).toMatch(/\nfine again\n$/);
    expect(notes).toHaveLength(1);
  });

  test("a file that is removed from a full disk is let go, and so makes the room that was wanted", async ({ skip }) => {
    const disk = mkdtempSync(join(directory, "disk-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status === 0;
    if (!mounted) return skip("a small disk takes root to mount");
    try {
      const file = join(disk, "log");
      const notes: string[] = [];
      const lines = openLineFile(file, (message) => notes.push(message));
      for (let i = 0; i < 100; i++) lines.write("x".repeat(1023));
      await lines.flush();
      expect(statSync(file).size).toBe(64 * 1024);
      // Those 64 go with the file, as they were meant to.
      unlinkSync(file);
      await poll(() => existsSync(file));
      lines.write("fine again");
      await poll(() => read(file) === "fine again\n");
      await lines.close();
      expect(notes).toEqual([`36 log lines were lost: ${file} could not be written (ENOSPC)`]);
    } finally {
      execFileSync("umount", ["--lazy", disk]);
    }
  });

  test("a pipe whose reader leaves and comes back gets what was kept", async () => {
    const file = newPath();
    execFileSync("mkfifo", [file]);
    const flags = constants.O_RDWR | constants.O_NONBLOCK; // Read-write, so that opening waits for nobody.
    let reader = openSync(file, flags);
    const lines = openLineFile(file, noNote);
    closeSync(reader);
    lines.write("while nobody read");
    await lines.flush();
    lines.write("and more");
    reader = openSync(file, flags);
    const buffer = Buffer.alloc(1000);
    await lines.flush();
    const expected = "while nobody read\nand more\n";
    expect(buffer.toString("utf8", 0, readSync(reader, buffer))).toBe(expected);
    await lines.close();
    closeSync(reader);
  });
});
