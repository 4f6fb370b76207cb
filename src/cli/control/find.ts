/** Finding the server that is meant: by its socket, by its pid or pid file, or because it is the only one. */

import { readFileSync, statSync } from "node:fs";

import { JunicornError } from "../../base/errors.ts";
import { processEnvironment } from "../../config/sources.ts";
import type { Stats } from "../../master/control/api.ts";
import { controlDirectories, findPlaces } from "../../master/control/places.ts";
import { call } from "./http.ts";

/** What the options `-s` and `--pid` say. */
export interface Target {
  readonly socket?: string | undefined;
  /** A pid file, or a pid. */
  readonly pid?: string | undefined;
}

/** Path of the control socket. Throws `ERR_CONTROL_UNREACHABLE`, which says what to do. */
export async function findSocket({ socket, pid }: Target): Promise<string> {
  if (socket !== undefined) return socket;
  return pid === undefined ? await onlyOne() : await ofProcess(pid);
}

// --- internal ---

const OWN_UID = process.geteuid?.() ?? 0;

async function onlyOne(): Promise<string> {
  const directories = controlDirectories(processEnvironment(), OWN_UID);
  const [place, ...others] = await findPlaces(directories);
  if (place === undefined) {
    throw unreachable(
      `no running server has a control socket here (looked in ${directories.join(", ")}); ` +
        `name its pid file with --pid FILE, or its socket with -s PATH`,
    );
  }
  if (others.length === 0) return place.path;
  const lines = await Promise.all(
    [place, ...others].map(async ({ pid, path }) => `\n  --pid ${pid}  ${await tell(path)}`),
  );
  throw unreachable(`${lines.length} servers run here; say which one is meant:${lines.join("")}`);
}

/** What serves there, in words. */
async function tell(path: string): Promise<string> {
  try {
    const { app, directory, workers } = await call<Stats>(path, "/stats", { patienceMs: 1000 });
    return `${app} in ${directory}, ${workers.current} worker(s)`;
  } catch {
    return "(does not answer)";
  }
}

async function ofProcess(given: string): Promise<string> {
  const { pid, from } = readPid(given);
  const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  if (owner === undefined) throw unreachable(`${from} does not run`);
  // The server's own environment says where it put the socket; root may read another's, and others need no more than their own.
  const environments = [environmentOf(pid), processEnvironment()];
  const directories = new Set(environments.flatMap((env) => controlDirectories(env, owner.uid)));
  const place = (await findPlaces([...directories])).find((candidate) => candidate.pid === pid);
  if (place !== undefined) return place.path;
  throw unreachable(
    `${from} has no control socket in ${[...directories].join(", ")}: is it a Junicorn, and was it started without ` +
      `--no-control-socket? Its log says where its socket is; name it with -s PATH`,
  );
}

function readPid(given: string): { pid: number; from: string } {
  if (/^\d+$/.test(given)) return { pid: Number(given), from: `the process ${given}` };
  let text: string;
  try {
    text = readFileSync(given, "utf8").trim();
  } catch (error) {
    throw unreachable(`cannot read the pid file ${given}: ${(error as Error).message}`);
  }
  if (!/^\d+$/.test(text)) throw unreachable(`the pid file ${given} holds no process id`);
  return { pid: Number(text), from: `the process ${text}, named by ${given},` };
}

function environmentOf(pid: number): Record<string, string> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return Object.fromEntries(
      entries
        .filter((entry) => entry.includes("="))
        .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
  } catch {
    return {};
  }
}

function unreachable(problem: string): JunicornError {
  return new JunicornError("ERR_CONTROL_UNREACHABLE", { problem });
}
