/** The public module `junicorn/app`: what an application can ask of the thread it runs in. It works, with little to tell, outside Junicorn too. */

import { threadId as nodeThreadId } from "node:worker_threads";

import { appContext } from "./base/app-context.ts";

const context = appContext();
context.wanted = true;

/** Number of this thread in its process: 0 in the main thread, where the `sync` and `async` classes run the application. Never reused. */
export const threadId: number = nodeThreadId;

/**
 * The request being served, as `PID-NUMBER`; undefined outside of a request. In the `gthread` class it is the thread's current request,
 * elsewhere the request from which the calling code was started, across awaits and callbacks.
 */
export function requestId(): string | undefined {
  return context.requestId();
}

/**
 * Has `handler` called when this thread leaves in good order: the worker stops or is replaced, and no request is left. The place to close
 * what the thread opened. It may be async; handlers are called one after another, the last registered first, within a few seconds.
 * A thread that is killed (a time-out, out of memory, an uncaught error) calls none. Returns a function that takes it back.
 */
export function onThreadExit(handler: () => unknown): () => void {
  context.exitHandlers.push(handler);
  return () => {
    const index = context.exitHandlers.lastIndexOf(handler);
    if (index >= 0) context.exitHandlers.splice(index, 1);
  };
}
