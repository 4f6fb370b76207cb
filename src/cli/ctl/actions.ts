/** The commands of `junicorn ctl`: one row each. */

import type { RequestSnapshot, ServerStatus, Stats, Verdict } from "../../master/control/api.ts";
import { printable } from "../../base/terminal/style.ts";
import type { CtlSession } from "./session.ts";
import {
  type All,
  configLines,
  deathLines,
  listenerLines,
  requestLines,
  statsLines,
  verdictText,
  VIEWS,
  workerLines,
} from "./views.ts";

export interface Action {
  /** What is typed after `junicorn ctl`. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly argument?: {
    /** "<pid>", or "[count]" if it may be left out. */
    readonly syntax: string;
    readonly summary: string;
    readonly choices?: readonly string[];
    /** A whole number from 1. */
    readonly positive?: boolean;
  };
  readonly options?: readonly { readonly flags: string; readonly summary: string }[];
  readonly run: (
    session: CtlSession,
    argument: string | undefined,
    options: { readonly wait?: boolean },
  ) => Promise<void>;
}

const COUNT = { syntax: "[count]", summary: "How many (1)", positive: true } as const;

export const ACTIONS: readonly Action[] = [
  {
    words: ["show"],
    summary: "Show the workers, the settings, the totals, the addresses, or all",
    argument: { syntax: "[what]", summary: "What to show (all)", choices: VIEWS },
    run: show,
  },
  { words: ["requests"], summary: "List the requests in flight, oldest first", run: requests },
  {
    words: ["cancel"],
    summary: "End a request in flight",
    argument: { syntax: "<id>", summary: "PID:NUMBER, as requests lists it" },
    run: cancel,
  },
  {
    words: ["why"],
    summary: "Tell why a worker ended, or list the last that did",
    argument: { syntax: "[pid]", summary: "Process id of the worker", positive: true },
    run: why,
  },
  {
    words: ["worker", "add"],
    summary: "Add workers",
    argument: COUNT,
    run: (session, count) => resize(session, "POST", count),
  },
  {
    words: ["worker", "remove"],
    summary: "Remove the oldest workers; one stays",
    argument: COUNT,
    run: (session, count) => resize(session, "DELETE", count),
  },
  {
    words: ["worker", "kill"],
    summary: "Replace a worker; it finishes what it serves",
    argument: { syntax: "<pid>", summary: "Process id of the worker", positive: true },
    run: kill,
  },
  {
    words: ["reload"],
    summary: "Replace the workers by new ones, if those can serve",
    options: [{ flags: "--wait", summary: "Wait until it is done; exit with 1 if it failed" }],
    run: reload,
  },
  { words: ["reopen"], summary: "Open the log files anew, after they were moved away", run: reopen },
  { words: ["upgrade"], summary: "Start a second master, of the version installed now", run: upgrade },
  {
    words: ["shutdown"],
    summary: "Stop the server: finish requests first, or quick",
    argument: { syntax: "[mode]", summary: "How (graceful)", choices: ["graceful", "quick"] },
    run: shutdown,
  },
];

// --- internal ---

async function show(session: CtlSession, what = "all"): Promise<void> {
  switch (what) {
    case "stats":
      return session.print(await session.ask<Stats>("/stats"), statsLines);
    case "workers": {
      // Without JSON it is the table of `junicorn status`, which knows the class and the time-outs.
      const status = await session.ask<ServerStatus>("/status");
      return session.print({ workers: status.workers }, () => workerLines(status, session));
    }
    case "listeners":
      return session.print(await session.ask<Pick<All, "listeners">>("/listeners"), listenerLines);
    case "config":
      return session.print(await session.ask<Pick<All, "settings">>("/config"), configLines);
    default: {
      const [status, config] = await Promise.all([
        session.ask<ServerStatus>("/status"),
        session.ask<Pick<All, "settings">>("/config"),
      ]);
      return session.print({ ...status, ...config }, (all) => [
        ...statsLines(all.stats),
        "",
        ...listenerLines(all),
        "",
        ...workerLines(all, session),
        "",
        ...configLines(all),
      ]);
    }
  }
}

async function requests(session: CtlSession): Promise<void> {
  const body = await session.ask<{ requests: readonly RequestSnapshot[] }>("/requests");
  session.print(body, (answer) => requestLines(answer, session));
}

async function cancel(session: CtlSession, id = ""): Promise<void> {
  const body = await session.ask<{ cancelled: RequestSnapshot }>(`/requests/${encodeURIComponent(id)}/cancel`, {
    method: "POST",
  });
  session.print(body, ({ cancelled }) => ["Cancelled:", ...requestLines({ requests: [cancelled] }, session)]);
}

async function why(session: CtlSession, pid?: string): Promise<void> {
  if (pid === undefined) return session.print(await session.ask<{ deaths: readonly Verdict[] }>("/deaths"), deathLines);
  const body = await session.ask<{ death: Verdict }>(`/deaths/${pid}`);
  session.print(body, ({ death }) => verdictText(death));
}

interface Resized {
  readonly before: number;
  readonly target: number;
  /** Why there are not as many as were asked for; null if there are. */
  readonly limit: string | null;
}

async function resize(session: CtlSession, method: "POST" | "DELETE", count = "1"): Promise<void> {
  const body = await session.ask<Resized>(`/workers?count=${count}`, { method });
  session.print(body, ({ before, target, limit }) => {
    const short = limit === null ? "" : ` (${limit})`;
    return `Workers: ${target}, before ${before}${short}`;
  });
}

async function kill(session: CtlSession, pid = ""): Promise<void> {
  const body = await session.ask<{ pid: number }>(`/workers/${pid}`, { method: "DELETE" });
  session.print(body, () => `The worker ${pid} finishes what it serves and leaves; another takes its place`);
}

async function reload(
  session: CtlSession,
  _: string | undefined,
  { wait }: { readonly wait?: boolean },
): Promise<void> {
  // However long it takes for the new workers to load the application.
  const body = await session.ask<{ warnings?: readonly string[] }>(`/reload?wait=${wait === true ? 1 : 0}`, {
    method: "POST",
    patienceMs: 0,
  });
  session.print(body, ({ warnings = [] }) =>
    wait === true
      ? ["Reloaded: new workers serve", ...warnings.map((warning) => `Warning: ${printable(warning)}`)]
      : "The reload has begun; the log says how it ends",
  );
}

async function reopen(session: CtlSession): Promise<void> {
  session.print(await session.ask("/reopen", { method: "POST" }), () => "The log files are open anew");
}

async function upgrade(session: CtlSession): Promise<void> {
  const body = await session.ask<{ pid: number }>("/upgrade", { method: "POST" });
  session.print(
    body,
    ({ pid }) => `The new master has the pid ${pid}. When it serves well, shut this one down: it takes over`,
  );
}

async function shutdown(session: CtlSession, mode = "graceful"): Promise<void> {
  const body = await session.ask(`/shutdown?mode=${mode}`, { method: "POST" });
  session.print(body, () =>
    mode === "quick" ? "The server stops at once" : "The server finishes its requests and stops",
  );
}
