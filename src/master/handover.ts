/** Sockets that somebody else has opened for us: the master that we are to succeed, or systemd. */

import { JunicornError } from "../base/errors.ts";
import type { Environment } from "./invocation.ts";

export interface HandedSocket {
  readonly fd: number;
  /** The address as the settings of the other master had it; "": it was supplied from outside. */
  readonly asked: string;
}

export interface Handover {
  /** The master that started this one to take over; 0: nobody did. */
  readonly predecessor: number;
  readonly sockets: readonly HandedSocket[];
  /** Who they are from, for the log; "" without any. */
  readonly from: "" | "systemd" | "the old master";
}

/** Reads what `handOver` of another master has written, else what systemd has (sd_listen_fds(3)). Throws `ERR_HANDOVER`. */
export function readHandover(env: Environment, pid: number): Handover {
  if (env["JUNICORN_PID"] !== undefined || env["JUNICORN_FD"] !== undefined) return fromMaster(env);
  const count = Number(env["LISTEN_FDS"] ?? 0);
  // They are for another process: a parent that has not taken them out of its environment.
  if (env["LISTEN_PID"] !== String(pid) || count === 0) return NOTHING;
  if (!Number.isInteger(count) || count < 0) throw invalid("LISTEN_FDS", `${env["LISTEN_FDS"]} is not a number`);
  const sockets = Array.from({ length: count }, (_, index) => ({ fd: FIRST_FD + index, asked: "" }));
  return { predecessor: 0, sockets, from: "systemd" };
}

/** What the environment of a new master says of the sockets that it inherits: in this order, as descriptors from 3 on. */
export function handOver(pid: number, asked: readonly string[]): Environment {
  return {
    JUNICORN_PID: String(pid),
    JUNICORN_FD: asked.map((_, index) => FIRST_FD + index).join(","),
    JUNICORN_BIND: JSON.stringify(asked),
  };
}

// --- internal ---

const FIRST_FD = 3;

const NOTHING: Handover = { predecessor: 0, sockets: [], from: "" };

function fromMaster(env: Environment): Handover {
  const { JUNICORN_PID: pid = "", JUNICORN_FD: list = "", JUNICORN_BIND: names } = env;
  if (!/^[1-9]\d{0,9}$/.test(pid)) throw invalid("JUNICORN_PID", `${JSON.stringify(pid)} is not a process id; ${HINT}`);
  if (!/^\d{1,9}(,\d{1,9})*$/.test(list))
    throw invalid("JUNICORN_FD", `${JSON.stringify(list)} is not a list of descriptors; ${HINT}`);
  const fds = list.split(",").map(Number);
  const binds = readBinds(names);
  return {
    predecessor: Number(pid),
    sockets: fds.map((fd, index) => ({ fd, asked: binds[index] ?? "" })),
    from: "the old master",
  };
}

function readBinds(text: string | undefined): readonly string[] {
  try {
    const binds: unknown = JSON.parse(text ?? "[]");
    if (Array.isArray(binds) && binds.every((bind) => typeof bind === "string")) return binds;
  } catch {
    // The same as any other text that says nothing.
  }
  throw invalid("JUNICORN_BIND", `${text} is not an array of addresses; ${HINT}`);
}

const HINT = "only a master that is upgraded (USR2) sets it: unset it";

function invalid(variable: string, problem: string): JunicornError {
  return new JunicornError("ERR_HANDOVER", { variable, problem });
}
