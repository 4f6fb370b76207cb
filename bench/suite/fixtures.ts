/** What applications of the suite ask: a service over HTTP, and a database. Both are ours alone, and gone with the fleet. */

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet, Server } from "../../src/measure/server/fleet.ts";
import { freePort } from "../../src/measure/server/ready.ts";
import { INSTALL_PEERS, PEERS, SUITE_APPS } from "./places.ts";

export interface Fixture {
  readonly server: Server;
  /** Tells the applications where it is. */
  readonly env: Readonly<Record<string, string>>;
}

type Cores = number | string | undefined;

/** Throws with what to install if it cannot be had. */
export async function startFixture(
  kind: "upstream" | "postgres",
  folder: string,
  cores: Cores,
  fleet: Fleet,
): Promise<Fixture> {
  return kind === "upstream" ? startUpstream(cores, fleet) : startPostgres(folder, cores, fleet);
}

// --- internal ---

const READY_WITHIN_MS = 15_000;
const ROWS = 10_000;

async function startUpstream(cores: Cores, fleet: Fleet): Promise<Fixture> {
  const port = await freePort();
  const command = ["env", `PORT=${port}`, process.execPath, `${SUITE_APPS}/upstream.mjs`];
  const server = fleet.start(command, { cores });
  await server.ready(port);
  return { server, env: { UPSTREAM: `http://127.0.0.1:${port}/` } };
}

/** On a unix socket in a folder of its own, as a user that is not root: PostgreSQL refuses to be that. */
async function startPostgres(folder: string, cores: Cores, fleet: Fleet): Promise<Fixture> {
  const binaries = findBinaries();
  if (!existsSync(join(PEERS, "node_modules", "pg"))) throw new Error(`pg is not installed: ${INSTALL_PEERS}`);
  const place = join(folder, "postgres");
  mkdirSync(place, { mode: 0o700 });
  const user = ordinaryUser();
  if (user !== null) chownSync(place, user.uid, user.gid);
  const as = user === null ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  const call = async (...command: string[]): Promise<void> => {
    const program = fleet.start([...as, ...command], { cwd: place, endedBy: "SIGTERM" });
    await once(program.child, "close");
    if (program.child.exitCode !== 0) program.mustRun();
  };
  const data = join(place, "data");
  await call(join(binaries, "initdb"), "-D", data, "-U", "bench", "-A", "trust", "--no-sync", "-E", "UTF8");
  const settings = { listen_addresses: "", unix_socket_directories: place, max_connections: "200", fsync: "off" };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = fleet.start([...as, join(binaries, "postgres"), "-D", data, ...options], {
    ...{ cores, cwd: place },
    // Killed, it leaves shared memory behind, and SIGTERM waits for its clients.
    endedBy: "SIGQUIT",
  });
  const psql = [join(binaries, "psql"), "-h", place, "-U", "bench", "-d", "postgres", "-q", "-c"];
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    server.mustRun();
    try {
      await call(...psql, "SELECT 1");
      break;
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(50);
    }
  }
  const fill = `CREATE TABLE items AS SELECT id, 'item ' || id AS name FROM generate_series(1, ${ROWS}) id`;
  await call(...psql, `${fill}; ALTER TABLE items ADD PRIMARY KEY (id); ANALYZE items`);
  return { server, env: { PGHOST: place } };
}

/** Debian keeps them beside the PATH, by version. */
function findBinaries(): string {
  const base = "/usr/lib/postgresql";
  try {
    const [newest] = readdirSync(base).sort((a, b) => Number(b) - Number(a));
    if (newest !== undefined) return join(base, newest, "bin");
  } catch {
    // There is no such folder.
  }
  const asked = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" });
  if (asked.status === 0) return asked.stdout.trim();
  throw new Error("PostgreSQL is not installed: apt-get install postgresql");
}

/** Whose server it is to be, if we are root; null: ours. */
function ordinaryUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const ids = ["-u", "-g"].map((flag) => spawnSync("id", [flag, name], { encoding: "utf8" }));
    if (ids.every(({ status }) => status === 0)) return { uid: Number(ids[0]!.stdout), gid: Number(ids[1]!.stdout) };
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody: useradd postgres");
}
