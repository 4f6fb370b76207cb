/** Puts the light classes where applications look for them, and takes them away again. */

import { LightHeaders } from "./classes/headers.ts";
import { nodeClasses, nodeFetch, nodeGlobals } from "./classes/node-classes.ts";
import { LightRequest, nodeRequestOf } from "./classes/request.ts";
import { LightResponse } from "./classes/response.ts";
import { HOP_BY_HOP } from "./handed-on.ts";

/**
 * Makes the light Request, Response and Headers the globals of this process, and lets `fetch()` take a light Request.
 * Call it before the application is imported. Calling it again changes nothing.
 */
export function installFastFetch(): void {
  const light = { Request: LightRequest, Response: LightResponse, Headers: LightHeaders, fetch: lightFetch };
  for (const [name, value] of Object.entries(light)) {
    const { enumerable = false } = nodeGlobals[name as keyof typeof light];
    Object.defineProperty(globalThis, name, { value, enumerable, writable: true, configurable: true });
  }
}

/** Gives Node's own classes their names back. */
export function uninstallFastFetch(): void {
  Object.defineProperties(globalThis, nodeGlobals);
}

// --- internal ---

/** Node's fetch knows only Node's Request, and what it resolves with must know ours. */
function lightFetch(input: unknown, init?: RequestInit): Promise<globalThis.Response> {
  const { Headers: NodeHeaders } = nodeClasses();
  const request = typeof input === "object" && input !== null ? nodeRequestOf(input) : null;
  if (request === null) return nodeFetch(input as string, init);
  if (!HOP_BY_HOP.some((name) => request.headers.has(name))) return nodeFetch(request, init);
  // an incoming Request handed on, as a proxy does
  const headers = new NodeHeaders((init?.headers ?? request.headers) as NonNullable<RequestInit["headers"]>);
  for (const name of HOP_BY_HOP) headers.delete(name);
  return nodeFetch(request, { ...init, headers });
}

Object.defineProperties(lightFetch, { name: { value: "fetch" }, length: { value: 1 } });
