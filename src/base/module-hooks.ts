/**
 * A hand in how ES modules are found: Node keeps each one for the life of the process, and tells nobody which those are. Nothing is installed
 * before it is needed. Newer versions of Node ask a function here; older ones run resolve-thread.ts in a thread of its own, which costs 12 MiB.
 */

import Module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";

import { freshened, type ResolveData, type Resolved } from "./resolve-thread.ts";

/**
 * From now on what is imported that is none of `node_modules` is read from disk anew, once; after the next call once more. What was loaded before
 * stays in memory, as far as it is referred to or an ES module.
 */
export function importFresh(): void {
  const { cache } = createRequire(import.meta.url);
  for (const file of Object.keys(cache)) {
    if (!file.includes("/node_modules/") && !file.endsWith(".node")) delete cache[file];
  }
  install();
  generation[0]!++;
}

/** Records the files of ES modules that are imported from now on. The set grows as they are. */
export function recordImports(): ReadonlySet<string> {
  const files = new Set<string>();
  listeners.push((url) => url.startsWith("file:") && files.add(fileURLToPath(url.split("?", 1)[0]!)));
  install();
  return files;
}

// --- internal ---

/** How often modules were to be read anew: the query of their addresses. */
const generation = new Int32Array(new SharedArrayBuffer(4));
const listeners: ((url: string) => void)[] = [];
let installed = false;

/** Newer than the types. */
interface NewerModule {
  readonly registerHooks?: (hooks: {
    resolve(specifier: string, context: { conditions?: readonly string[] }, next: NextResolve): Resolved;
  }) => void;
  readonly register: (specifier: string, options: { data: ResolveData; transferList: readonly object[] }) => void;
}
type NextResolve = (specifier: string, context: object) => Resolved;

function install(): void {
  if (installed) return;
  installed = true;
  const { registerHooks, register } = Module as unknown as NewerModule;
  const told = (url: string): void => listeners.forEach((listener) => listener(url));
  if (registerHooks !== undefined) {
    registerHooks({
      resolve: (specifier, context, next) => {
        const resolved = next(specifier, context);
        told(resolved.url);
        // What is required is kept elsewhere, by file names.
        return context.conditions?.includes("require") === true ? resolved : freshened(resolved, generation);
      },
    });
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.on("message", told).unref();
  register(new URL("./resolve-thread.js", import.meta.url).href, {
    data: { port: port2, generation },
    transferList: [port2],
  });
}
