/** Every death has a verdict: what ended the worker, the evidence, and the requests lost. Real deaths of real processes. */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask } from "../support/ask.ts";
import { startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

async function start(args: string[] = [], nodeArgs: string[] = []): Promise<Junicorn> {
  const server = await startJunicorn({ app: "death-lab.mjs", args: ["--no-control-socket", ...args], nodeArgs });
  await server.waitFor(/ready after/);
  return server;
}

const LOST = (path: string): string => String.raw`Requests lost:\s+GET ${path} from 127\.0\.0\.1(?::\d+)?, running for`;

test.each([
  [
    "/exit",
    String.raw`exited with code 7: the application called process\.exit\(7\)\.\n  JavaScript stack:\n    at leaveForGood \(.*death-lab\.mjs:\d+:\d+\)\n    at /exit .*\n    at app .*\n  `,
  ],
  [
    "/abort",
    String.raw`was sent SIGABRT! The application called process\.abort\(\)\.\n  JavaScript stack:\n    at /abort .*\n    at app .*\n  `,
  ],
  [
    "/kill-myself",
    String.raw`was sent SIGKILL! The application called process\.kill\(process\.pid, "SIGKILL"\)\.\n  JavaScript stack:\n    at /kill-myself .*\n    at app .*\n  `,
  ],
])("an application that ends its own process is found out, with the call: %s", async (path, verdict) => {
  const server = await start();
  const [worker] = server.workers;
  await expect(ask(server.port, path)).rejects.toThrow();
  await server.waitFor(new RegExp(String.raw`\[ERROR\] Worker \(pid:${worker}\) ${verdict}${LOST(path)}`));
  await poll(async () => (await ask(server.port, "/pid").catch(() => null))?.status === 200);
});

test("an error that nobody caught is named in the verdict, too", async () => {
  const server = await start();
  await ask(server.port, "/reject").catch(() => {});
  await server.waitFor(
    /Worker \(pid:\d+\) exited with code 1: nobody caught TypeError: nobody awaits this, at .*death-lab\.mjs:\d+:\d+\)\./,
  );
});

test("a heap that is full is told from other aborts", async () => {
  const server = await start(["-k", "async"], ["--max-old-space-size=48"]);
  await expect(ask(server.port, "/fill-heap")).rejects.toThrow();
  const verdict = String.raw`was sent SIGABRT! JavaScript heap out of memory: .*heap.*; \d+ MiB of at most \d+ MiB were in use \d+\.\d s before \(--max-old-space-size\)\. `;
  await server.waitFor(new RegExp(verdict + LOST("/fill-heap")));
});

test("a signal of somebody else's is said to be so, with the sender where the kernel tells", async () => {
  const server = await start(["-w", "3"]);
  const [killed, crashed, told] = server.workers;
  await poll(() => server.workers.every((pid) => existsSync(`/proc/${pid}`)));
  process.kill(killed!, "SIGKILL");
  await server.waitFor(
    /was sent SIGKILL! (?:Not|Perhaps) out of memory.*(?:and not by Junicorn|Junicorn has not sent it)/,
  );
  process.kill(crashed!, "SIGSEGV");
  await server.waitFor(new RegExp(String.raw`was sent SIGSEGV! Process ${process.pid} \(.+\) sent it\.`));
  process.kill(told!, "SIGQUIT");
  await server.waitFor(/exited with code 0: somebody sent it SIGQUIT, not Junicorn\./);
});

/** A cgroup of this test's own with 160 MiB, or null where that is not to be had. Gives the file that processes are written to. */
function smallGroup(): string | null {
  const own = readFileSync("/proc/self/cgroup", "utf8");
  const v1 = /^\d+:memory:(.*)$/m.exec(own)?.[1];
  const v2 = /^0::(.*)$/m.exec(own)?.[1] ?? "/";
  const parent = v1 === undefined ? join("/sys/fs/cgroup", v2) : join("/sys/fs/cgroup/memory", v1);
  const group = join(parent, `junicorn-test-${process.pid}`);
  try {
    mkdirSync(group);
    onTestFinished(async () => {
      await poll(() => readFileSync(join(group, "cgroup.procs"), "utf8") === "");
      rmdirSync(group);
    });
    writeFileSync(join(group, v1 === undefined ? "memory.max" : "memory.limit_in_bytes"), String(160 * 2 ** 20));
    return join(group, "cgroup.procs");
  } catch {
    return null;
  }
}

test("a worker that the kernel kills for want of memory is said to be so", async (context) => {
  const processes = smallGroup();
  if (processes === null) return context.skip("no cgroup with a limit can be made here");
  // Master and workers go there by themselves, before they do anything else.
  const enter = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(processes)}, String(process.pid));`;
  const server = await start([], ["--import", `data:text/javascript,${enter}`]);
  await expect(ask(server.port, "/fill-memory")).rejects.toThrow();
  await server.waitFor(new RegExp(`was sent SIGKILL! Out of memory: the kernel ended it .*${LOST("/fill-memory")}`));
});
