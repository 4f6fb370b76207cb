/** Under systemd: sockets that it hands over, what it is told, and the unit files in deploy/. */

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { native } from "../../src/native.ts";
import { ask } from "../support/ask.ts";
import { APPS, ROOT, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/tools.ts";

const APP = join(APPS, "process-facts.mjs");

/** What systemd does between fork and exec. */
const AS_SYSTEMD = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "systemd"];

it("serves the sockets that systemd has opened, instead of its own, and hands them to an upgrade", async () => {
  const folder = temporaryFolder();
  const [path, pidfile] = [join(folder, "app.sock"), join(folder, "pid")];
  const fds = [native().listen({ host: "127.0.0.1", port: 0, backlog: 8 }), native().listen({ path, backlog: 8 })];
  onTestFinished(() => fds.forEach((fd) => native().close(fd)));
  const { port } = native().socketName(fds[0]!);
  const env = { LISTEN_FDS: "2", LISTEN_FDNAMES: "web:unix" };
  const server = await startJunicorn({ app: APP, args: ["--pid", pidfile], env, fds, through: AS_SYSTEMD });
  expect(server.output).toContain(
    `Listening at: http://127.0.0.1:${port},unix:${path} (${server.pid}) with sockets of systemd`,
  );
  for (const target of [port, path]) expect((await ask(target, "/")).status).toBe(200);
  expect(JSON.parse((await ask(port, "/env")).body)).not.toMatchObject({ LISTEN_FDS: expect.anything() as string });

  await server.waitFor(/ready after/);
  server.signal("SIGUSR2");
  const [, successor] = await server.waitFor(/Started a new master \(pid:(\d+)\)/);
  await poll(() => server.output.split("ready after").length > 2, { what: "the new workers" });
  server.signal("SIGTERM");
  await server.waitFor(/Master has been promoted/);
  for (const target of [port, path]) expect((await ask(target, "/")).status).toBe(200);
  process.kill(Number(successor), "SIGTERM");
  await poll(() => !isAlive(Number(successor)), { what: "its end" });
  // They are systemd's, and so is what waits in them for the next start.
  expect(existsSync(path)).toBe(true);
  expect(native().acceptQueue(fds[0]!)?.limit).toBe(8);
  const waiting = ask(port, "/");
  const next = await startJunicorn({ app: APP, env: { LISTEN_FDS: "2" }, fds, through: AS_SYSTEMD });
  expect((await waiting).status).toBe(200);
  await next.stop();
});

it("leaves sockets alone that are meant for another process", async () => {
  const server = await startJunicorn({ app: APP, env: { LISTEN_FDS: "1", LISTEN_PID: "1" } });
  expect(server.output).not.toContain("systemd");
});

it.each(["in the file system", "abstract"])(
  "tells that it is ready, lives, is succeeded and stops: socket %s",
  async (kind) => {
    const folder = temporaryFolder();
    const address = kind === "abstract" ? `@junicorn-${process.pid}-${Date.now()}` : join(folder, "notify");
    const told = await listen(address);
    const app = join(folder, "app.mjs");
    writeFileSync(app, "await new Promise((go) => setTimeout(go, 300)); export default () => new Response('');");
    const env = { NOTIFY_SOCKET: address, WATCHDOG_USEC: "400000" };
    const server = await startJunicorn({ app, args: ["--workers", "2"], env });
    await poll(() => told().some(([, text]) => text.includes("READY=1")), { what: () => `READY=1:\n${server.output}` });
    // Not before the workers have booted.
    const ready = told().find(([, text]) => text.includes("READY=1"));
    expect(ready).toEqual([server.pid, expect.stringMatching(/^READY=1\nSTATUS=Serving: 2 of 2 workers ready at /)]);
    expect(told()[0]).toEqual([server.pid, expect.stringMatching(/^STATUS=Starting: 0 of 2 workers ready at /)]);
    await poll(() => told().filter(([, text]) => text === "WATCHDOG=1").length > 1, { what: "signs of life" });

    server.signal("SIGUSR2");
    const [, successor] = await server.waitFor(/Started a new master \(pid:(\d+)\)/);
    await poll(() => server.output.split("ready after").length > 2, { what: "the new workers" });
    await poll(() => told().some(([, text]) => text.includes(`new master ${successor} beside it`)), {
      what: "the status",
    });
    // Until it is named, systemd would not listen to it.
    expect(told().filter(([pid]) => pid !== server.pid)).toEqual([]);
    server.signal("SIGTERM");
    await server.waitFor(/Master has been promoted/);
    await poll(
      () =>
        told().some(([pid, text]) => pid === Number(successor) && text.startsWith("READY=1\nSTATUS=Serving: 2 of 2")),
      {
        what: () => `the successor's word in ${JSON.stringify(told())}`,
      },
    );
    const last = told().findLast(([pid]) => pid === server.pid);
    expect(last).toEqual([server.pid, `MAINPID=${successor}`]);
    process.kill(Number(successor), "SIGTERM");
    await poll(() => told().some(([, text]) => text === "STOPPING=1"), { what: "STOPPING=1" });
  },
);

describe("deploy/", () => {
  const installed = existsSync("/usr/bin/systemd-analyze") || existsSync("/bin/systemd-analyze");
  it.skipIf(!installed)(
    `has units that systemd accepts${installed ? "" : " (skipped: systemd-analyze is not installed)"}`,
    async () => {
      const folder = temporaryFolder();
      // The command has to be there, and nothing else of the machine matters.
      mkdirSync(join(folder, "bin"));
      const command = join(folder, "bin", "junicorn");
      writeFileSync(command, "", { mode: 0o755 });
      cpSync(join(ROOT, "deploy", "junicorn.socket"), join(folder, "junicorn.socket"));
      const unit = readFileSync(join(ROOT, "deploy", "junicorn.service"), "utf8");
      writeFileSync(join(folder, "junicorn.service"), unit.replaceAll("/srv/app/node_modules/.bin/junicorn", command));
      const analyze = spawn("systemd-analyze", [
        "verify",
        join(folder, "junicorn.socket"),
        join(folder, "junicorn.service"),
      ]);
      let output = "";
      for (const stream of [analyze.stdout, analyze.stderr]) stream.on("data", (text) => (output += String(text)));
      const code = await new Promise((resolve) => analyze.once("close", resolve));
      expect(output.split("\n").filter((line) => line.includes("junicorn"))).toEqual([]);
      expect(code, output).toBe(0);
    },
  );
});

// --- internal ---

/** Node has no datagram sockets of this family. */
const LISTENER = `import socket, struct, sys, json
address = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind("\\0" + address[1:] if address[0] == "@" else address)
print("[0, \\"bound\\"]", flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(4096, 1024)
    print(json.dumps([struct.unpack("3i", ancillary[0][2])[0], data.decode()]), flush=True)`;

/** Gives what has been told so far: by whom, and what. */
async function listen(address: string): Promise<() => [pid: number, text: string][]> {
  const child = spawn("python3", ["-c", LISTENER, address], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const lines = (): [number, string][] =>
    output
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as [number, string]);
  await poll(() => lines().length > 0, { what: "the listener" });
  return () => lines().slice(1);
}
