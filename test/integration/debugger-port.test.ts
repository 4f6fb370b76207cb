/** USR1 has log files opened anew, and must not open Node's debugger: whatever the process is doing, anybody on the machine could connect. */

import { createServer } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";

test("USR1 opens no debugger in a master that waits for its port", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as { port: number };
  const server = await startJunicorn({ app: "process-lab.mjs", bind: `127.0.0.1:${port}`, ready: false });
  await server.waitFor(/Cannot bind/);
  server.signal("SIGUSR1");
  await server.waitFor(/Cannot bind.*\n.*Cannot bind/);
  expect(server.output).not.toMatch(/Debugger/);
});

test("nor in a worker, be it blocked while it loads the application or serving", async () => {
  const server = await startJunicorn({ app: "slow-load.mjs" });
  await server.waitFor(/loading/);
  const [worker] = server.workers;
  process.kill(worker!, "SIGUSR1");
  server.signal("SIGUSR1");
  await server.waitFor(/ready after/);
  process.kill(worker!, "SIGUSR1");
  server.signal("SIGUSR1");
  await server.waitFor(/Handling signal: usr1[^]*Handling signal: usr1/);
  await poll(async () => (await fetch(server.origin)).ok);
  expect(server.output).not.toMatch(/Debugger/);
});
