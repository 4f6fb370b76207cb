/** What the doctor finds, and what it looks at. */

import type { Settings } from "../config/settings/index.ts";
import type { Balancer } from "./balancers.ts";
import type { Machine } from "./machine.ts";

/** `fail`: as it is set it does not start, or loses requests. `warn`: it works, and could be better. */
export type Level = "ok" | "warn" | "fail";

export interface Finding {
  /** The row of the table of checks: "backlog". */
  readonly check: string;
  readonly level: Level;
  /** What is, in one or two sentences. */
  readonly text: string;
  /** What to do about it; null with `ok`. */
  readonly fix: string | null;
}

/** One finding of a check, which need not know its own name. */
export type Result = Omit<Finding, "check">;

export interface Subject {
  /** `app` is "" where none was named. */
  readonly settings: Settings;
  readonly machine: Machine;
  /** What is said to stand in front. */
  readonly behind: Balancer | null;
}

export function ok(text: string): Result {
  return { level: "ok", text, fix: null };
}

export function warn(text: string, fix: string): Result {
  return { level: "warn", text, fix };
}

export function fail(text: string, fix: string): Result {
  return { level: "fail", text, fix };
}
