/** What is compared with what, as tables. A new compare is a row: a subject says how a server is started, a bar what must hold. */

import { JunicornError } from "../src/base/errors.ts";
import { bindOf, type Endpoint } from "../src/measure/server/ready.ts";
import { APPS, junicorn } from "./lib/server.ts";

export interface Subject {
  readonly name: string;
  /** Starts a server there. */
  readonly command: (at: Endpoint) => readonly string[];
  /** A program that has to be installed; without it the subject is left out, and said to be. */
  readonly needs?: { readonly program: string; readonly install: string };
}

/** `subject` serves at least `factor` times the requests per second of `of`. */
export interface Bar {
  readonly subject: string;
  readonly factor: number;
  readonly of: string;
}

export interface Plan {
  readonly about: string;
  readonly subjects: readonly Subject[];
  readonly bars: readonly Bar[];
  /** JSON that is posted to every subject; without it, GETs. */
  readonly post?: string;
  /** One request a connection, on a unix socket: see lib/close-load.cc. */
  readonly closes?: boolean;
  /** Also measure the master's memory and the time from start to the first response. */
  readonly master?: boolean;
}

/**
 * Plans with the servers whose names contain one of these texts, and the bars between them; without texts, all. Plans without servers are left out.
 * @throws ERR_USAGE if no server is left.
 */
export function narrowed(plans: readonly Plan[], only: readonly string[]): Plan[] {
  if (only.length === 0) return [...plans];
  const left = plans.map((plan) => narrow(plan, only)).filter(({ subjects }) => subjects.length > 0);
  if (left.length > 0) return left;
  const names = plans.flatMap(({ subjects }) => subjects.map(({ name }) => name)).join("; ");
  throw new JunicornError("ERR_USAGE", { problem: `--only ${only.join(",")}: no such server; there are ${names}` });
}

function narrow(plan: Plan, only: readonly string[]): Plan {
  const subjects = plan.subjects.filter(({ name }) => only.some((text) => name.toLowerCase().includes(text)));
  const names = new Set(subjects.map(({ name }) => name));
  return { ...plan, subjects, bars: plan.bars.filter(({ subject, of }) => names.has(subject) && names.has(of)) };
}

const nodeHttp = (connection: "close" | "keep-alive"): Subject => ({
  name: `Node http, ${connection}`,
  command: (at) => [process.execPath, `${APPS}/node-http.mjs`, String(at), connection],
});

const gunicornSync: Subject = {
  name: "Gunicorn sync",
  command: (at) =>
    `gunicorn --workers 1 --worker-class sync --bind ${bindOf(at)} --chdir ${APPS} gunicorn_hello:app`.split(" "),
  needs: { program: "gunicorn", install: "apt-get install gunicorn" },
};

/** On llhttp: uWebSockets has a plan of its own. */
const ours = (workerClass: string, name: string): Subject => ({
  name: `Junicorn ${workerClass}, ${name}`,
  command: (at) =>
    junicorn(at, [
      ...["--workers", "1", "--worker-class", workerClass, "--http-engine", "llhttp"],
      ...["--interface", name, `hello-${name}.mjs`],
    ]),
});

export const PLANS: Readonly<Record<string, Plan>> = {
  sync: {
    about:
      "the sync class: one request a connection, on unix sockets, as behind nginx (over TCP the client's core is full before a worker's is)",
    subjects: [ours("sync", "node"), ours("sync", "fetch"), ours("sync", "wsgi"), nodeHttp("close"), gunicornSync],
    bars: [
      { subject: "Junicorn sync, node", factor: 0.9, of: "Node http, close" },
      { subject: "Junicorn sync, node", factor: 3, of: "Gunicorn sync" },
    ],
    closes: true,
    master: true,
  },
  engine: {
    about: "the llhttp engine with keep-alive, under the async class",
    subjects: [ours("async", "fetch"), ours("async", "node"), ours("async", "wsgi"), nodeHttp("keep-alive")],
    bars: [
      { subject: "Junicorn async, fetch", factor: 1.4, of: "Node http, keep-alive" },
      { subject: "Junicorn async, node", factor: 1.2, of: "Node http, keep-alive" },
    ],
  },
};
