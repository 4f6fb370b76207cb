/** Which of the three interfaces a value is, and what of it the adapter is given. */

import type { Server } from "node:http";
import { isServer } from "../adapters/node/is-server.ts";
import { wsgiOptionsOf } from "../adapters/wsgi/mark.ts";

export type InterfaceName = "fetch" | "node" | "wsgi";

export interface Detected {
  readonly interface: InterfaceName;
  /** A function, an object with `fetch`, or an `http.Server`. */
  readonly app: unknown;
  /** "an Express app", for messages and the log. */
  readonly description: string;
}

/** Recognises an application, making ready those frameworks that must be told to; null for anything else. */
export async function detect(value: unknown): Promise<Detected | null> {
  if (typeof value !== "function" && (typeof value !== "object" || value === null)) return null;
  if (wsgiOptionsOf(value) !== undefined)
    return { interface: "wsgi", app: value, description: "a function marked by wsgi()" };
  if (isServer(value)) return { interface: "node", app: value, description: "an http.Server" };
  const candidate = value as Candidate;
  if (isMethod(candidate.fetch) && !isClass(value))
    return { interface: "fetch", app: value, description: fetchName(candidate) };
  if (typeof value === "object") return detectFramework(candidate);
  if (isClass(value)) return null;
  return detectFunction(value as Callable);
}

/** The application behind `value` for an interface that was asked for by name; null if it cannot be that. */
export async function detectAs(value: unknown, wanted: InterfaceName): Promise<Detected | null> {
  const found = await detect(value);
  if (found?.interface === wanted) return found;
  // The number of parameters is only a guess: for a plain function the setting decides.
  const isPlain = typeof value === "function" && !isClass(value);
  if (!isPlain || (wanted === "node" && found?.interface !== "fetch" && found !== null)) return null;
  if (found !== null && !found.description.startsWith("a function of")) return null;
  return { interface: wanted, app: value, description: describe(value) };
}

/** What a value is, in words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") {
    if (isClass(value)) return `the class ${value.name || "without a name"}`;
    return `a function of ${value.length} parameter${value.length === 1 ? "" : "s"}`;
  }
  if (typeof value !== "object") return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`;
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name;
  if (name && name !== "Object") return `an object of class ${name}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return "an empty object";
  return `an object with ${keys.slice(0, 6).join(", ")}${keys.length > 6 ? ", …" : ""}`;
}

// --- internal ---

type Callable = ((...args: unknown[]) => unknown) & { request?: unknown; response?: unknown; handle?: unknown };

/** The marks by which frameworks are known, any of them absent. */
interface Candidate {
  fetch?: unknown;
  callback?: () => unknown;
  middleware?: unknown;
  ready?: () => PromiseLike<unknown>;
  routing?: unknown;
  server?: unknown;
  init?: () => Promise<unknown>;
  getHttpAdapter?: unknown;
  getHttpServer?: () => unknown;
  handler?: unknown;
  listen?: unknown;
}

function detectFunction(app: Callable): Detected {
  const isExpress = typeof app.request === "object" && typeof app.response === "object" && isMethod(app.handle);
  if (isExpress) return { interface: "node", app, description: "an Express app" };
  return { interface: app.length <= 1 ? "fetch" : "node", app, description: describe(app) };
}

async function detectFramework(candidate: Candidate): Promise<Detected | null> {
  if (isMethod(candidate.ready) && isMethod(candidate.routing) && isServer(candidate.server)) {
    await candidate.ready!();
    return node(candidate.server, "a Fastify app");
  }
  if (isMethod(candidate.getHttpAdapter) && isMethod(candidate.getHttpServer)) {
    await candidate.init?.();
    return isServer(candidate.getHttpServer!()) ? node(candidate.getHttpServer!(), "a Nest app") : null;
  }
  if (isMethod(candidate.callback) && Array.isArray(candidate.middleware))
    return node(candidate.callback!(), "a Koa app");
  if (isServer(candidate.server)) return node(candidate.server, `${describe(candidate)} holding an http.Server`);
  if (isMethod(candidate.handler) && isMethod(candidate.listen) && (candidate.handler as Callable).length >= 2) {
    return node((candidate.handler as Callable).bind(candidate), `${describe(candidate)} with a handler of (req, res)`);
  }
  return null;
}

function node(app: unknown, description: string): Detected {
  return { interface: "node", app: app as Server | Callable, description };
}

function fetchName(candidate: Candidate): string {
  const name = (candidate as { constructor?: { name?: string } }).constructor?.name;
  return name === "Hono" ? "a Hono app" : name?.startsWith("H3") ? "an h3 app" : "an object with a fetch method";
}

function isMethod(value: unknown): boolean {
  return typeof value === "function";
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}
