/** Loads the application that `MODULE[:EXPORT]` names: an export, or the server that the module starts by itself. */

import { setTimeout as pause } from "node:timers/promises";
import { JunicornError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { isServer } from "../adapters/node/is-server.ts";
import { BootWatch } from "./boot-watch.ts";
import type { Detected, InterfaceName } from "./detect.ts";
import { namedApp, noUsualApp, usualApp, type WantedInterface } from "./exports.ts";
import { ListenCapture } from "./listen-capture.ts";
import { resolveModule } from "./resolve.ts";
import { runModule, type ModuleExports } from "./run-module.ts";
import { parseSpec, type AppSpec } from "./spec.ts";
import { websocketOf } from "./websocket-export.ts";

export interface LoadRequest {
  /** `MODULE[:EXPORT]`, relative to the working directory. */
  readonly spec: string;
  readonly interface: WantedInterface;
  /** Put the light Request, Response and Headers in place of Node's before the application sees them. */
  readonly fastFetch: boolean;
  /** Where a second server is warned of. Default: a process warning. */
  readonly log?: Pick<Log, "warning">;
  /** Longest time, in seconds, for a module without an application to call `listen()`. Default 10. */
  readonly listenSeconds?: number;
}

export interface LoadedApp {
  readonly interface: InterfaceName;
  readonly app: unknown;
  /** "an Express app", for the log. */
  readonly description: string;
  /** Does the application take over connections now (`upgrade` or `connect` listeners)? It may begin to at any time. */
  hasUpgrade(): boolean;
  /** Its WebSocket hooks, or null. */
  readonly websocket: object | null;
}

/** Throws ERR_APP_LOAD, whose message is complete: for a user, with file, line and code frame, and without our stack. */
export async function loadApp(request: LoadRequest): Promise<LoadedApp> {
  const spec = parseSpec(request.spec);
  const file = resolveModule(spec.module, process.cwd());
  // From Node 22 on its own classes are loaded as ours take their names, so only for who may be about to use them.
  const mayFetch = request.interface === "auto" || request.interface === "fetch";
  if (request.fastFetch && mayFetch) (await import("../adapters/fetch/install.ts")).installFastFetch();
  const log = request.log ?? PROCESS_WARNINGS;
  const capture = new ListenCapture((message) => log.warning(message));
  const watch = new BootWatch();
  const busyBefore = pendingWork();
  capture.install();
  try {
    const exports = await watch.race(runModule(file));
    const found = await watch.race(choose(exports, spec, request, capture, busyBefore));
    capture.settle(found.app);
    return loaded(found, exports, log);
  } catch (error) {
    capture.uninstall();
    const { explainFailure } = await import("./explain.ts"); // who starts well does not wait for it
    throw await explainFailure(error, `"${spec.module}" failed while loading`, file);
  } finally {
    watch.stop();
  }
}

// --- internal ---

const PROCESS_WARNINGS: Pick<Log, "warning"> = { warning: (message) => process.emitWarning(message) };

async function choose(
  exports: ModuleExports,
  spec: AppSpec,
  request: LoadRequest,
  capture: ListenCapture,
  busyBefore: number,
): Promise<Detected> {
  const wanted = request.interface;
  if (spec.exportName !== null) return namedApp(exports, spec, wanted);
  const exported = await usualApp(exports, spec, wanted);
  if (capture.server !== null) return preferred(exported, capture, wanted, spec);
  if (exported !== null) return exported;
  const seconds = request.listenSeconds ?? 10;
  const listening = await waitForListen(capture, seconds, busyBefore);
  if (capture.server !== null) return preferred(null, capture, wanted, spec);
  throw await noUsualApp(exports, spec, wanted, listening === "timeout" ? ` within ${seconds} s` : "");
}

/** A module may both export its application and listen. The server is what its author runs; but a fetch app is better served directly. */
function preferred(
  exported: Detected | null,
  capture: ListenCapture,
  wanted: WantedInterface,
  spec: AppSpec,
): Detected {
  const server = capture.server!;
  const isDirect = exported?.interface === "fetch" && !hasUpgrade(server);
  if (exported !== null && (isDirect || exported.interface === "wsgi")) return exported;
  if (wanted === "auto" || wanted === "node")
    return { interface: "node", app: server, description: "the server that called listen()" };
  throw new JunicornError("ERR_APP_LOAD", {
    problem: `"${spec.module}" starts an HTTP server, which is the node interface, but the setting interface says ${wanted}`,
  });
}

/** Waits for `listen()`, but no longer than anything goes on that could still call it. */
async function waitForListen(
  capture: ListenCapture,
  seconds: number,
  busyBefore: number,
): Promise<"captured" | "idle" | "timeout"> {
  const deadline = performance.now() + seconds * 1000;
  for (let idle = 0; capture.server === null;) {
    if (idle === IDLE_CHECKS) return "idle";
    if (performance.now() > deadline) return "timeout";
    await Promise.race([capture.captured(), pause(CHECK_MS)]);
    idle = pendingWork() > busyBefore ? 0 : idle + 1;
  }
  return "captured";
}

const CHECK_MS = 50;
const IDLE_CHECKS = 20;

function pendingWork(): number {
  return process.getActiveResourcesInfo().filter((name) => WORK.test(name)).length;
}

/** Kinds of resource whose completion may let a program go on. Pipes and open files are ours and everybody's. */
const WORK =
  /Timeout|Immediate|FSReq|TCP|Connect|GetAddrInfo|DNS|QueryReq|TLS|Process|Worker|Zlib|PBKDF2|Scrypt|RandomBytes|Job/;

function loaded(found: Detected, exports: ModuleExports, log: Pick<Log, "warning">): LoadedApp {
  const { app } = found;
  return {
    interface: found.interface,
    app,
    description: found.description,
    hasUpgrade: () => isServer(app) && hasUpgrade(app),
    websocket: websocketOf(app, exports, log),
  };
}

function hasUpgrade(server: { listenerCount(event: string): number }): boolean {
  return server.listenerCount("upgrade") > 0 || server.listenerCount("connect") > 0;
}
