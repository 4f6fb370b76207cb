/** Finds the WebSocket hooks of an application: a `websocket` property of its own, else the module's export of that name. */

import type { Log } from "../base/log.ts";
import { describe } from "./detect.ts";
import type { ModuleExports } from "./run-module.ts";

/** An object with some of these is taken for hooks. `resolve` finds the hooks of each request. */
const HOOK_NAMES = ["upgrade", "open", "message", "close", "error", "drain", "ping", "pong", "resolve"] as const;

/** Null where there are none. An export that can be nothing else, yet has no hooks, is warned of. */
export function websocketOf(app: unknown, exports: ModuleExports, log: Pick<Log, "warning">): object | null {
  const own = (app as { websocket?: unknown }).websocket;
  if (hasHooks(own)) return own;
  if (!exports.names.includes("websocket")) return null;
  const exported = exports.get("websocket");
  if (hasHooks(exported)) return exported;
  log.warning(
    `The export "websocket" is ${describe(exported)}, not WebSocket hooks: expected an object with ${HOOK_NAMES.join(", ")}. It is ignored`,
  );
  return null;
}

// --- internal ---

function hasHooks(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const candidate = value as Record<string, unknown>;
  return typeof candidate["options"] === "object" || HOOK_NAMES.some((name) => typeof candidate[name] === "function");
}
