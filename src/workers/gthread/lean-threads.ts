/** What makes the threads of a worker smaller, and has to be said before the first of them starts. */

import { setFlagsFromString } from "node:v8";

import { FEW_ARENAS } from "../../base/arenas.ts";
import { native } from "../../native.ts";

export function leanThreads(threads: number): void {
  // By default each thread maps V8's builtins a second time, next to its own code (1 MiB resident), and takes all functions of Node's modules from a cache,
  // most of which nobody calls (0.5 MiB). The cache is for V8's flags as Node has them, so with this one functions are compiled when they are called first.
  setFlagsFromString("--no-short-builtin-calls");
  native().limitArenas(Math.max(FEW_ARENAS, threads));
}
