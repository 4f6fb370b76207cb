/** Every message between master and worker: one closed union each way. Both ends switch over `type` exhaustively. */

import type { TlsMaterial } from "../tls/material.ts";
import type { ScoreboardShape } from "./scoreboard-layout.ts";

/** Descriptors a worker inherits, by number: 0–2 are the standard streams, 3 is the IPC channel. */
export const WorkerFd = { SCOREBOARD: 4, WATCHDOG: 5, FIRST_LISTENER: 6 } as const;

/** A listener as a worker sees it. */
export interface InheritedListener {
  readonly fd: number;
  readonly host: string;
  readonly port: number;
  /** Path of a unix listener, or "". */
  readonly unixPath: string;
  /** Its number among several of one address (`reusePort`); null: every worker serves it. */
  readonly lane: number | null;
}

/** The user and group that a worker is to become. */
export interface WorkerIdentity {
  readonly uid: number;
  readonly gid: number;
  /** A user's name: the worker is in all groups of this user. Null: in `gid` alone. */
  readonly groupsOf: string | null;
}

/** Why workers are told to drain: the log says so, and WebSockets close with 1012 (restart) or 1001 (going away). */
export type DrainCause = "stop" | "reload" | "resize" | "recycle" | "upgrade";

/**
 * Leave in order. `queue`: who takes the connections that wait in the accept queues. `serve`: nobody else will, so they are accepted and answered before
 * the worker leaves; `leave`: other workers do. TERM from outside means the same as a drain for "stop" that leaves the queue.
 */
export interface DrainOrder {
  readonly type: "drain";
  readonly cause: DrainCause;
  readonly queue: "serve" | "leave";
  /** Descriptors, as the worker has them, of listeners that no later worker serves: what waits there is served, whatever `queue` says. */
  readonly orphans?: readonly number[];
}

/** Master to worker. `Settings` is a parameter because this layer knows none. */
export type MasterMessage<Settings = unknown> =
  | {
      readonly type: "start";
      readonly settings: Settings;
      /** Of the process, in the system's list. */
      readonly title: string;
      /** Null: it stays what it is. */
      readonly identity: WorkerIdentity | null;
      /** Null: connections are plain. */
      readonly tls: TlsMaterial | null;
      readonly slot: number;
      readonly shape: ScoreboardShape;
      readonly listeners: readonly InheritedListener[];
    }
  /** Load the app, report `checked` or `boot-failed`, and exit. */
  | { readonly type: "check"; readonly settings: Settings; readonly identity: WorkerIdentity | null }
  /** Serve these lanes from now on, whatever was said before. At first a worker serves none. */
  | { readonly type: "lanes"; readonly lanes: readonly number[] }
  | DrainOrder
  /** For connections from now on. */
  | { readonly type: "certificates"; readonly tls: TlsMaterial }
  /** Ends the request of that number (as the scoreboard's rows name it): its abort signal fires, and it gets 503 if its head is unsent, else it is cut. */
  | { readonly type: "cancel"; readonly id: number }
  /** Say what you wait for: answered with `explained`, by an event loop that turns. */
  | { readonly type: "explain" }
  | { readonly type: "reopen-logs" };

/** Worker to master. */
export type WorkerMessage =
  /**
   * Accepting. `timesRequests`: a request that outlasts `timeout` counts as a hung worker (one request at a time).
   * `noStacks`: why its watchdog gives no stacks, or "".
   */
  | { readonly type: "ready"; readonly timesRequests: boolean; readonly noStacks: string }
  /**
   * With `reload`: the files that the application is made of, told again when there are more. `problem`: why it cannot be loaded, or ""; while it cannot, any
   * change below `project` may be the cure.
   */
  | {
      readonly type: "sources";
      readonly files: readonly string[];
      readonly problem: string;
      readonly project: string;
    }
  /** The app was loaded; `description` says what it is. Answer to `check`. */
  | { readonly type: "checked"; readonly description: string }
  /** The worker cannot serve and exits with status `exit`; `problem` is written for users. */
  | { readonly type: "boot-failed"; readonly exit: number; readonly problem: string }
  /**
   * The worker wants a successor. `failed`: it drains already, because it cannot be trusted any more (an uncaught error); `told`: it drains already,
   * because of a TERM from outside; `due`: it serves on until the successor is ready and the master says `drain`.
   */
  | { readonly type: "retire"; readonly reason: string; readonly why: "failed" | "told" | "due" }
  /** Answer to `explain`: lines for people. */
  | { readonly type: "explained"; readonly text: string };

/** For the `default` branch of a switch over messages: a message without a case is a type error. */
export function unknownMessage(message: never): never {
  throw new Error(`unknown message ${JSON.stringify(message)}`);
}
