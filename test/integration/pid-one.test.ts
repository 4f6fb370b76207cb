/** As process 1 of a container: orphans are reaped, signals are heard, and the exit status is the server's. */

import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "../support/ask.ts";
import { APPS, startJunicorn, type Junicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { descendants } from "../support/processes.ts";

const APP = join(APPS, "process-facts.mjs");
const CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const why = process.getuid!() === 0 ? "" : "only root can make a pid namespace";

describe.skipIf(why !== "")(`process 1${why && ` (skipped: ${why})`}`, () => {
  it("reaps orphans, keeps its own children's statuses, and stops with status 0", async () => {
    const args = ["--log-level", "debug", "--no-control-socket"];
    const server = await startJunicorn({ app: APP, args, through: CONTAINER, ready: false });
    await server.waitFor(/\[1\] \[INFO\] .* ready after/);
    const orphans = [(await ask(server.port, "/orphan")).body.trim(), (await ask(server.port, "/orphan")).body.trim()];
    for (const orphan of orphans) await server.waitFor(new RegExp(`Reaped process ${orphan}, `));
    const { pid } = JSON.parse((await ask(server.port, "/")).body) as { pid: number };
    kill(server, "SIGKILL", 2);
    await server.waitFor(new RegExp(`\\(pid:${pid}\\) was sent SIGKILL`));
    expect(server.output).not.toContain(`Reaped process ${pid},`);
    await poll(() => server.output.split("Booting worker").length > 2, { what: "the next worker" });
    kill(server, "SIGTERM", 1);
    expect(await server.exited()).toEqual({ code: 0, signal: null });
  });

  it("can be stopped before it listens", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    onTestFinished(() => void holder.close());
    const bind = `127.0.0.1:${(holder.address() as AddressInfo).port}`;
    const server = await startJunicorn({ app: APP, bind, through: CONTAINER, ready: false });
    await server.waitFor(/Retrying in 1 second/);
    kill(server, "SIGTERM", 1);
    expect((await server.exited(2000)).code).toBe(143);
  });

  it("passes on the status of a start that fails", async () => {
    const server = await startJunicorn({ app: "nowhere.mjs", through: CONTAINER, ready: false });
    expect((await server.exited()).code).toBe(4);
  });
});

// --- internal ---

/** `depth` 1: the master, which is the child of unshare; 2: a worker. */
function kill(server: Junicorn, signal: NodeJS.Signals, depth: number): void {
  const above = new Set(descendants(server.pid, depth - 1));
  const [pid] = descendants(server.pid, depth).filter((one) => !above.has(one));
  process.kill(pid!, signal);
}
