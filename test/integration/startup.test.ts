/** What a start does not do: load what nobody has asked for, or bind what it may not. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { ask } from "../support/ask.ts";
import { APPS, ROOT, startJunicorn } from "../support/junicorn.ts";

it.each(["sync", "gthread", "async"])("a %s worker for a node application loads no fetch", async (workerClass) => {
  const server = await startJunicorn({
    app: "./lazy-fetch.mjs:listener",
    args: ["-k", workerClass, "--interface", "node"],
  });
  expect((await ask(server.port, "/")).body).toBe("loaded: false");
});

it("a worker does without Node's own fetch classes until they are needed, and then they are one family with ours", async () => {
  const server = await startJunicorn({ app: "./lazy-fetch.mjs" });
  const before = await ask(server.port, "/before");
  // From Node 22 on nobody can take the names of globals without loading what they are.
  const loaded = Number.parseInt(process.versions.node, 10) >= 22;
  expect(JSON.parse(before.body)).toEqual({ loaded, tag: false });
  const after = await ask(server.port, "/after");
  expect(JSON.parse(after.body)).toEqual({
    loaded: true,
    globalIsOurs: true,
    theirsIsOurs: true,
    oursIsTheirs: true,
    text: "hello",
  });
});

const FIRST_FREE_PORT = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));

it.skipIf(FIRST_FREE_PORT <= 80)("a port that needs a privilege is refused at once, with the remedy", async () => {
  // Root without the capability reads all files of the checkout, and yet may not bind.
  const drop = ["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"];
  const main = [process.execPath, join(ROOT, "dist", "cli", "main.js"), "-b", "127.0.0.1:80", "./lazy-fetch.mjs"];
  const [command = "", ...args] = process.getuid?.() === 0 ? ["setpriv", ...drop, ...main] : main;
  const child = spawn(command, args, { cwd: APPS, stdio: ["ignore", "inherit", "pipe"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const told = await text(child.stderr);
  expect(await exited).toBe(1);
  expect(told).toContain("cannot bind 127.0.0.1:80: ports below 1024 need root or the capability CAP_NET_BIND_SERVICE");
  expect(told).not.toContain("Retrying");
});
