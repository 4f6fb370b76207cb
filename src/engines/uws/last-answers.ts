/** Answers that end their connection: nothing that follows the request is served, though uWebSockets may have read it already, and goes on with it. */

import { native, type Native } from "../../native.ts";
import type { UwsRequest, UwsResponse } from "./binding.ts";

export class LastAnswers {
  readonly #native: Native = native();
  /** In this turn of the loop, while uWebSockets was handling what it had read of a connection, that was given its last answer. */
  #within = false;
  /** The one that was handed on last. */
  #request: UwsRequest | null = null;

  /** Before a request is handed on. True: it must not be. */
  ignores(res: UwsResponse, request: UwsRequest): boolean {
    if (this.#within && this.#native.uwsIsDropped(res)) {
      this.#ignore(res, request);
      return true;
    }
    this.#request = request;
    return false;
  }

  /** A request asks for one, and has no body. */
  asked(res: UwsResponse, request: UwsRequest): void {
    this.#native.uwsDrop(res);
    this.#native.uwsDropRest(request);
  }

  /** One is about to be complete. */
  given(res: UwsResponse): void {
    if (!this.#native.uwsDrop(res)) return;
    // For what is behind the request uWebSockets would cut the connection, be the answer sent or not.
    if (this.#request !== null) this.#native.uwsDropRest(this.#request);
    this.#note();
  }

  /** While uWebSockets handles what it has read: the rest of a request is here that was answered before. `last`: by such an answer. */
  caughtUp(last: boolean): void {
    // uWebSockets has just forgotten that a connection on which nothing is pending closes after a while.
    this.#native.uwsIdle(last);
    if (last) this.#note();
  }

  // --- internal ---

  #note(): void {
    if (this.#within) return;
    this.#within = true;
    setImmediate(() => (this.#within = false));
  }

  /** The answer before it may still be on its way, so the connection is left to the client, for the time of an idle one. */
  #ignore(res: UwsResponse, request: UwsRequest): void {
    this.#native.uwsDropRest(request); // a third one would have the connection cut
    this.#native.uwsIdle(true);
    res.onAborted(() => {});
  }
}
