/** Who moves how much through a worker that may not grow by more than 80 MiB, or a little more where V8 takes more; and how that is watched. */

import { createConnection, type Socket } from "node:net";
import { once } from "node:events";
import { residentMiB, type Junicorn } from "./junicorn.ts";
import { exchange, request } from "./raw-client.ts";
import { startSubject, SUBJECTS, type Subject } from "./subjects.ts";

/** On Node 24 and 26 threads take 64 to 83 for that, however many bytes go through, and 33 to 65 on Node 20. */
export const LIMIT_MIB = Number.parseInt(process.versions.node) >= 24 ? 112 : 80;
export const MIB = 1 << 20;
const LONG = 1024 * MIB;
/** More than twice what may stay: enough to see that one side does not wait for the other. */
const SHORT = 256 * MIB;
// On llhttp, async moves bytes as sync does.
const CASES = SUBJECTS.filter(({ workerClass, engine }) => workerClass !== "async" || engine === "uws");
/** Who serves the gibibyte, in which what stays of each piece adds up: each class, engine and interface once. */
const SERVES_LONG: Readonly<Record<string, string>> = { sync: "wsgi", gthread: "node", async: "fetch" };

export const LENGTHS = CASES.map((subject) => {
  const bytes = SERVES_LONG[subject.workerClass] === subject.interface ? LONG : SHORT;
  return { ...subject, bytes, size: `${bytes / MIB} MiB` };
});

/** One worker that has served a few requests, so that code that is compiled once does not count. */
export async function startWarm(subject: Subject): Promise<Junicorn> {
  const server = await startSubject(subject);
  for (let i = 0; i < 5; i++) await exchange(server.port, request("GET /flood?bytes=8000000"));
  return server;
}

/** Watches the only worker's resident memory; `growth()` ends it and gives the largest growth in MiB. */
export function watchMemory(server: Junicorn): { growth: () => number } {
  const [pid] = server.workers;
  if (pid === undefined) throw new Error("no worker");
  const before = residentMiB(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentMiB(pid))), 20);
  return {
    growth: () => {
      clearInterval(timer);
      return most - before;
    },
  };
}

export async function open(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return socket;
}
