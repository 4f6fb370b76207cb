/** Both logs in syslog, over every kind of socket. */

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

const APP = "fetch-object.mjs";
const TIME = "[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d";

/** A daemon of ours: its address, and the entries that it has got. */
type Daemon = readonly [address: string, entries: string[]];

const DAEMONS: Record<string, () => Promise<Daemon>> = {
  udp: async () => {
    const entries: string[] = [];
    const socket = createSocket("udp4").on("message", (entry) => entries.push(entry.toString()));
    await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
    onTestFinished(() => void socket.close());
    return [`udp://127.0.0.1:${socket.address().port}`, entries];
  },
  tcp: () => stream({ host: "127.0.0.1", port: 0 }),
  "a unix stream": () => stream({ path: join(mkdtempSync(join(tmpdir(), "junicorn-syslog-")), "log") }),
  "unix datagrams": async () => {
    const path = join(mkdtempSync(join(tmpdir(), "junicorn-syslog-")), "log");
    const entries: string[] = [];
    const child = spawn("python3", ["-uc", DATAGRAMS, path], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill());
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      entries.push(...lines);
    });
    await poll(() => entries.includes("ready"));
    return [`unix://${path}`, entries];
  },
};

const DATAGRAMS = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("ready")
while True: print(s.recv(65536).decode())
`;

async function stream(where: { host: string; port: number } | { path: string }): Promise<Daemon> {
  const entries: string[] = [];
  const server = createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop()!;
      entries.push(...lines);
    });
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((done) => server.listen(where, done));
  onTestFinished(() => void server.close());
  return [
    "path" in where ? `unix://${where.path}` : `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries,
  ];
}

test.each(Object.keys(DAEMONS))("entries come over %s, from the first to the last", async (kind) => {
  const [address, entries] = await DAEMONS[kind]!();
  const args = [
    "--log-syslog",
    "--log-syslog-to",
    address,
    "--log-syslog-prefix",
    "my shop",
    "--log-syslog-facility",
    "local3",
  ];
  const server = await startJunicorn({ app: APP, args });
  await (await fetch(`${server.origin}/a`)).text();
  expect((await server.stop()).code).toBe(0);
  const host = address.startsWith("unix") ? "" : "\\S+ ";
  const entry = (log: string, text: string) =>
    new RegExp(`^<158>${TIME} ${host}junicorn\\.my\\.shop\\.${log}\\[\\d+\\]: ${text}`);
  const expected = [
    entry("error", "\\[INFO\\] Starting junicorn"),
    entry("error", "\\[INFO\\] Worker exiting"),
    entry("error", "\\[INFO\\] Shutting down: Master$"),
    entry("access", '127\\.0\\.0\\.1 - - .*"GET /a HTTP/1\\.1" 200'),
  ];
  for (const one of expected)
    await poll(() => entries.some((line) => one.test(line)), { what: () => `${one} in ${entries.join("\n")}` });
  expect(server.output).toContain("Shutting down: Master");
});

test("a daemon that is away costs nothing but a line, and only the error log goes there if that is asked for", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "junicorn-syslog-")), "log");
  const args = [
    "--log-syslog",
    "--log-syslog-to",
    `unix://${path}`,
    "--disable-redirect-access-to-syslog",
    "--log-format",
    "json",
  ];
  const server = await startJunicorn({ app: APP, args });
  await server.waitFor(/syslog at unix:\S+ cannot be reached \(ENOENT\)/);
  expect((await fetch(server.origin)).status).toBe(200);
  const [, entries] = await stream({ path });
  await poll(() => entries.some((line) => line.includes('"msg":"Booting worker')));
  expect(entries.join("\n")).not.toContain("request completed");
  expect((await server.stop()).code).toBe(0);
});

test.each(["localhost:514", "udp://", "tcp://h:0", "unix:///dev/log#raw"])("%s is refused", async (address) => {
  const { code, stderr } = await runJunicorn(["--log-syslog-to", address, APP]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/--log-syslog-to.*expected udp:\/\/HOST:PORT/);
});
