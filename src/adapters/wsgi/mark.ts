/** The mark that `wsgi(app)` leaves on an application, so that its interface need not be given on the command line. */

import type { WsgiApp } from "./types.ts";

/** Registered, because the application and the server may load two copies of this package. */
export const WSGI_MARK: unique symbol = Symbol.for("junicorn.wsgi");

export interface WsgiAppOptions {
  /**
   * Request bodies up to this many bytes are complete in memory before the application is called, so that
   * `environ["wsgi.input"].read()` needs no waiting. Default 1 MiB.
   */
  readonly bufferBody?: number;
}

/**
 * Marks a function as a WSGI application:
 *
 *     import { wsgi } from "junicorn";
 *     export default wsgi((environ, startResponse) => {
 *       startResponse("200 OK", [["Content-Type", "text/plain"]]);
 *       return ["Hello\n"];
 *     });
 */
export function wsgi<App extends WsgiApp>(app: App, options: WsgiAppOptions = {}): App {
  if (typeof app !== "function")
    throw new TypeError(`wsgi() takes a function (environ, startResponse), not ${typeof app}`);
  const { bufferBody } = options;
  if (bufferBody !== undefined && !(Number.isInteger(bufferBody) && bufferBody >= 0)) {
    throw new TypeError(`wsgi(): bufferBody is a number of bytes, not ${String(bufferBody)}`);
  }
  return Object.defineProperty(app, WSGI_MARK, { value: { ...options }, configurable: true });
}

/** The options given to `wsgi()`, or undefined for what was never marked. */
export function wsgiOptionsOf(app: unknown): WsgiAppOptions | undefined {
  return typeof app === "function" ? (app as { [WSGI_MARK]?: WsgiAppOptions })[WSGI_MARK] : undefined;
}
