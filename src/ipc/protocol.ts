/** Every message between master and worker: one closed union each way. Both ends switch over `type` exhaustively. */

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
}

/** Master to worker. `Settings` is a parameter because this layer knows none. */
export type MasterMessage<Settings = unknown> =
  | {
      readonly type: "start";
      readonly settings: Settings;
      readonly slot: number;
      readonly shape: ScoreboardShape;
      readonly listeners: readonly InheritedListener[];
    }
  /** Load the app, report `checked` or `boot-failed`, and exit. */
  | { readonly type: "check"; readonly settings: Settings }
  | { readonly type: "reopen-logs" };

/** Worker to master. */
export type WorkerMessage =
  /**
   * Accepting. `timesRequests`: a request that outlasts `timeout` counts as a hung worker (one request at a time).
   * `noStacks`: why its watchdog gives no stacks, or "".
   */
  | { readonly type: "ready"; readonly timesRequests: boolean; readonly noStacks: string }
  /** The app was loaded; `description` says what it is. Answer to `check`. */
  | { readonly type: "checked"; readonly description: string }
  /** The worker cannot serve and exits with status `exit`; `problem` is written for users. */
  | { readonly type: "boot-failed"; readonly exit: number; readonly problem: string }
  /** The worker is about to leave on its own: replace it. */
  | { readonly type: "retire"; readonly reason: string };

/** For the `default` branch of a switch over messages: a message without a case is a type error. */
export function unknownMessage(message: never): never {
  throw new Error(`unknown message ${JSON.stringify(message)}`);
}
