/** Puts the light classes where applications look for them, and takes them away again. */

import { LightHeaders } from "./classes/headers.ts";
import { nodeFetch, NodeHeaders, NodeRequest, NodeResponse } from "./classes/node-classes.ts";
import { LightRequest, nodeRequestOf } from "./classes/request.ts";
import { LightResponse } from "./classes/response.ts";
import { HOP_BY_HOP } from "./handed-on.ts";

/**
 * Makes the light Request, Response and Headers the globals of this process, and lets `fetch()` take a light Request.
 * Call it before the application is imported. Calling it again changes nothing.
 */
export function installFastFetch(): void {
  replaceGlobals({ Request: LightRequest, Response: LightResponse, Headers: LightHeaders, fetch: lightFetch });
}

/** Gives Node's own classes their names back. */
export function uninstallFastFetch(): void {
  replaceGlobals({ Request: NodeRequest, Response: NodeResponse, Headers: NodeHeaders, fetch: nodeFetch });
}

// --- internal ---

function replaceGlobals(values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { ...Object.getOwnPropertyDescriptor(globalThis, name), value });
  }
}

/** Node's fetch knows only Node's Request. */
function lightFetch(input: unknown, init?: RequestInit): Promise<globalThis.Response> {
  const request = typeof input === "object" && input !== null ? nodeRequestOf(input) : null;
  if (request === null) return nodeFetch(input as string, init);
  if (!HOP_BY_HOP.some((name) => request.headers.has(name))) return nodeFetch(request, init);
  // an incoming Request handed on, as a proxy does
  const headers = new NodeHeaders((init?.headers ?? request.headers) as NonNullable<RequestInit["headers"]>);
  for (const name of HOP_BY_HOP) headers.delete(name);
  return nodeFetch(request, { ...init, headers });
}

Object.defineProperties(lightFetch, { name: { value: "fetch" }, length: { value: 1 } });
