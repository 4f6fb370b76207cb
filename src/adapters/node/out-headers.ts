/** Node's store of the fields that `setHeader` was given, which its other methods read and change. */

import { IncomingMessage, ServerResponse } from "../../base/node-http.ts";
import type { Socket } from "node:net";

/** Lower-case name → the name as given, and the value. Without a prototype. */
export type OutHeaders = Record<string, [name: string, value: unknown]>;

/** Under this symbol of Node's own a response keeps its store, or null while nothing was set. */
export const OUT_HEADERS: unique symbol = findSymbol() as never;

/**
 * An empty store. Where Node takes an object without a prototype, which V8 keeps as a hash table and enumerates slowly (400 ns for two fields), this
 * has one that is empty itself: it inherits nothing either, and stays as fast as an object of any class.
 */
export const Store = function () {} as unknown as new () => OutHeaders;
Store.prototype = Object.create(null);

// --- internal ---

/** The same from Node 10 to 26. Under another name it would be found no more, and the adapter would fail loudly when it is loaded. */
function findSymbol(): symbol {
  const response = new ServerResponse(new IncomingMessage(null as unknown as Socket));
  const found = Object.getOwnPropertySymbols(response).find((symbol) => symbol.description === "kOutHeaders");
  if (found === undefined)
    throw new Error("this version of Node keeps response headers in a way that Junicorn does not know");
  return found;
}
