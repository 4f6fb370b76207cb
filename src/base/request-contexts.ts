/**
 * Keeps what one request enters into an `AsyncLocalStorage` out of the next. A server of Node's gives each request a context of its own; here several are handed to the application from one
 * callback, and a context for each would be a good part of what a request costs. Most applications use `run()`, which leaves by itself. What `enterWith()` has entered while the application is
 * called is left when that returns, and so is what it has entered when it was given a piece of a body; what the request has started by then keeps it.
 */

import { AsyncLocalStorage } from "node:async_hooks";

/** Before others' code: from here on their use of `enterWith()` is known. */
export function watchContexts(): void {
  if (AsyncLocalStorage.prototype.enterWith === watched) return;
  AsyncLocalStorage.prototype.enterWith = watched;
}

/** Calls the application for a request: from an engine, or from within such a call. */
export function inRequest<Argument, Result>(call: (argument: Argument) => Result, argument: Argument): Result {
  if (isServing) return call(argument);
  isServing = true;
  try {
    return call(argument);
  } finally {
    isServing = false;
    if (entered.length > 0) leave();
  }
}

// --- internal ---

type Storage = AsyncLocalStorage<unknown>;

let isServing = false;
/** What was entered meanwhile, and what was there before. */
const entered: { readonly storage: Storage; readonly before: unknown }[] = [];
// oxlint-disable-next-line typescript/unbound-method -- called with a `this`
const enterWith: (this: Storage, store: unknown) => void = AsyncLocalStorage.prototype.enterWith;

function watched(this: Storage, store: unknown): void {
  if (isServing) entered.push({ storage: this, before: this.getStore() });
  enterWith.call(this, store);
}

function leave(): void {
  for (const { storage, before } of entered.splice(0).reverse()) enterWith.call(storage, before);
}
