/** Whatever an application does to its exchanges, in whatever order, and whenever clients leave: the process lives and serves. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { exchange, request } from "../support/raw-client.ts";
import { HAS_UWS } from "../support/uws.ts";

const SERVER = fileURLToPath(new URL("../support/fuzz-engine.mjs", import.meta.url));
const RUNS = 3000;
const AT_ONCE = 16;

describe.each(["uws", "llhttp"])("the %s engine", (engine) => {
  test.runIf(engine === "llhttp" || HAS_UWS)(`outlives ${RUNS} random uses`, { timeout: 120_000 }, async () => {
    const child = spawn(process.execPath, [SERVER, engine], { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk));
    try {
      const [line] = (await once(child.stdout, "data")) as [Buffer];
      const port = Number(line.toString());
      let seed = 0;
      const client = async (): Promise<void> => {
        while (seed < RUNS) await oneUse(port, ++seed);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, client));
      expect({ exit: child.exitCode, signal: child.signalCode, errors }).toEqual({
        exit: null,
        signal: null,
        errors: "",
      });
      expect((await exchange(port, request("GET /ok"))).body.toString()).toBe("ok");
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** Sends request number `seed`, in one of several shapes, and waits for the end of the connection or leaves before it. */
async function oneUse(port: number, seed: number): Promise<void> {
  const method = ["GET", "HEAD", "POST", "POST", "GET"][seed % 5]!;
  const text =
    method === "POST" ? request(`POST /${seed}`, {}, "b".repeat((seed * 37) % 5000)) : request(`${method} /${seed}`);
  const socket = connect({ port, host: "127.0.0.1" });
  const closed = new Promise((resolve) => socket.once("close", resolve)); // not once(): a reset is as good an end as any
  socket.on("error", () => undefined).resume();
  // Half of a body, and the client is gone, now and then.
  socket.write(seed % 7 === 0 ? text.slice(0, -1) : text);
  const patience = setTimeout(() => socket.destroy(), seed % 3 === 0 ? seed % 6 : 40);
  await closed;
  clearTimeout(patience);
}
