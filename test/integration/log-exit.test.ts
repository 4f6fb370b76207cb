/** Nothing that was logged is lost when the process ends, whatever is behind the descriptor. */

import { execFileSync, spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const MODULE = JSON.stringify(new URL("../../dist/base/log-writer.js", import.meta.url).href);
const LINES = 3000;

/** Runs a script that has `openLog` and `openLineFile`; resolves with what came through its pipes. */
async function run(
  script: string,
  meanwhile: (child: ChildProcessWithoutNullStreams) => void = () => {},
): Promise<{ status: number | null; signal: string | null; out: string; err: string }> {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", `import { openLog, openLineFile } from ${MODULE};\n${script}`],
    {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    },
  );
  meanwhile(child);
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise((resolve) => child.on("close", (status, signal) => resolve({ status, signal, out, err })));
}

const expected = Array.from({ length: LINES }, (_, i) => `line ${i} ${"x".repeat(60)}`);
const write = `for (let i = 0; i < ${LINES}; i++) lines.write("line " + i + " " + "x".repeat(60));`;

describe.each([
  ["process.exit() at once", "process.exit(0);"],
  ["the end of all work", ""],
  ["an uncaught exception", "setImmediate(() => { throw new Error('ends here'); });"],
  ["close() and exit", "await lines.close(); process.exit(0);"],
])("%s", (_, end) => {
  test("leaves every line in the pipe", async () => {
    const { out } = await run(`const lines = openLineFile("-", () => {}); ${write} ${end}`);
    expect(out.trimEnd().split("\n").sort()).toEqual([...expected].sort());
  });

  test("leaves every line in the file", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "junicorn-log-")), "access.log");
    await run(`const lines = openLineFile(${JSON.stringify(file)}, () => {}); ${write} ${end}`);
    expect(readFileSync(file, "utf8").trimEnd().split("\n").sort()).toEqual([...expected].sort());
  });
});

test("the last words before an exit are on standard error", async () => {
  const { err, status } = await run(
    `const log = openLog({ file: "-", level: "info" }); log.info("one"); log.error("two\\n    at x"); process.exit(3);`,
  );
  expect(status).toBe(3);
  expect(err).toMatch(/\[INFO\] one\n/);
  expect(err).toMatch(/\[ERROR\] two\n {4}at x\n/);
});

test("a reader that goes away does not end the process, nor the other log", async () => {
  const { status, err } = await run(
    `
    const log = openLog({ file: "-", level: "info" });
    const lines = openLineFile("-", () => {});
    log.info("ready");
    process.stdin.once("data", async () => {
      for (let i = 0; i < 100; i++) lines.write("x");
      await lines.flush();
      log.info("still here");
      await lines.close();
      await log.close();
      process.exit(5);
    });
  `,
    (child) =>
      child.stderr.once("data", () => {
        child.stdout.destroy();
        child.stdout.once("close", () => child.stdin.end("go"));
      }),
  );
  expect(status).toBe(5);
  expect(err).toContain("still here");
});

describe("a pipe that nobody reads", () => {
  function makePipe(): string {
    const path = join(mkdtempSync(join(tmpdir(), "junicorn-log-")), "pipe");
    execFileSync("mkfifo", [path]);
    return path;
  }

  function open(path: string, flags: number): number {
    const fd = openSync(path, flags | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(fd));
    return fd;
  }

  function script(text: string, output: number | "pipe"): ChildProcess {
    const args = ["--input-type=module", "-e", `import { openLineFile } from ${MODULE};\n${text}`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", output, "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }

  function textIn(fd: number): string {
    const bytes = Buffer.alloc(1 << 20);
    return bytes.toString("utf8", 0, readSync(fd, bytes));
  }

  test("holds no process up that ends, though it is its standard output", async () => {
    const output = open(makePipe(), constants.O_RDWR);
    const child = script(
      `const lines = openLineFile("-", () => {}); ${write} await lines.flush(); process.exit(5);`,
      output,
    );
    expect((await once(child, "exit"))[0]).toBe(5);
    expect(textIn(output)).toMatch(/^line 0 x+\nline 1 x+\n/);
  });

  test("can be a log's file, and has its lines when a reader comes", async () => {
    const path = makePipe();
    const child = script(
      `const lines = openLineFile(${JSON.stringify(path)}, () => {}); lines.write("before USR1"); await lines.flush();
       lines.reopen(); await new Promise((done) => setTimeout(done, 100)); lines.write("after"); await lines.flush();
       console.log("written"); setInterval(() => {}, 1000);`,
      "pipe",
    );
    await once(child.stdout!, "data");
    expect(textIn(open(path, constants.O_RDONLY))).toBe("before USR1\nafter\n");
  });
});
