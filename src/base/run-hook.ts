/** Calls one hook of the user's: whatever it does, the caller goes on. */

import { inspect } from "node:util";

import type { Log } from "./log.ts";

export interface HookRules {
  readonly log: Log;
  /** How long its promise is waited for; 0: for ever. */
  readonly timeoutMs: number;
}

/** False: it threw, its promise was rejected, or its time was up; that has been logged with its name. */
export type HookOutcome = boolean;

/** Calls a hook. The outcome is a promise only if the hook returned one, so that a hook that does not wait makes nobody wait. Never throws. */
export function runHook(name: string, call: () => unknown, rules: HookRules): HookOutcome | Promise<HookOutcome> {
  try {
    const result = call();
    return isThenable(result) ? settled(name, result, rules) : true;
  } catch (error) {
    return failed(name, error, rules);
  }
}

// --- internal ---

async function settled(name: string, result: PromiseLike<unknown>, rules: HookRules): Promise<HookOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HookOutcome>((resolve) => {
    if (rules.timeoutMs > 0) timer = setTimeout(() => resolve(expired(name, rules)), rules.timeoutMs);
  });
  const outcome = Promise.resolve(result).then(
    () => true,
    (error: unknown) => failed(name, error, rules),
  );
  return await Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null && "then" in value;
}

function failed(name: string, error: unknown, { log }: HookRules): false {
  const lines = inspect(error, SHOWN).split("\n");
  log.error(`The hook ${name} failed: ${lines.filter((line) => !OURS.test(line)).join("\n")}`);
  return false;
}

function expired(name: string, { log, timeoutMs }: HookRules): false {
  log.error(
    `The hook ${name} has not finished after ${timeoutMs / 1000} s (hook_timeout): it is not waited for any longer`,
  );
  return false;
}

/** Frames of a stack that say how the hook came to be called. */
const OURS = new RegExp(
  `^ +at .*(?:${new URL("..", import.meta.url).href.replaceAll(/[.*+?^$(){}|[\]\\]/g, "\\$&")}|node:internal/)`,
);

/** Errors of HTTP clients and database drivers carry half of the program along. */
const SHOWN = { depth: 1, maxArrayLength: 20, maxStringLength: 10_000 };
