/** Main of the thread in which older versions of Node ask where a module is; see module-hooks.ts. */

import type { MessagePort } from "node:worker_threads";

export interface ResolveData {
  /** Hears the address of each module that is asked for. */
  readonly port: MessagePort;
  /** Of modules, the address's query; none while it is 0. */
  readonly generation: Int32Array;
}

/** What Node's own search gives. */
export interface Resolved {
  readonly url: string;
}

export function initialize(given: ResolveData): void {
  data = given;
}

/** Node's interface: `next` is the search as it would be without us. */
export async function resolve(
  specifier: string,
  context: object,
  next: (specifier: string, context: object) => Promise<Resolved>,
): Promise<Resolved> {
  const resolved = await next(specifier, context);
  if (data === null) return resolved;
  data.port.postMessage(resolved.url);
  return freshened(resolved, data.generation);
}

/** The same module at an address that Node has not seen in this generation. Packages stay as they are, and so do addresses with a query of their own. */
export function freshened<Found extends Resolved>(resolved: Found, generation: Int32Array): Found {
  const { url } = resolved;
  const number = Atomics.load(generation, 0);
  const isKept =
    !url.startsWith("file:") || url.includes("/node_modules/") || url.includes("?") || url.startsWith(OURS);
  if (number === 0 || isKept) return resolved;
  return { ...resolved, url: `${url}?junicorn=${number}` };
}

// --- internal ---

/** Where our own modules are, of which there must be one each. */
const OURS = new URL("..", import.meta.url).href;

let data: ResolveData | null = null;
