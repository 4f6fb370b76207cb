/** Main of a pool thread: piscina imports it, and calls `serve` for each request. */

import { parentPort } from "node:worker_threads";

import { move, transferableSymbol, valueSymbol } from "piscina";

import type { Answer, RequestTask } from "../workers/gthread/messages.ts";
import { ThreadMain } from "../workers/gthread/thread-main.ts";

const thread = new ThreadMain(parentPort!);

export function serve(task: RequestTask): Answer | MovedAnswer | Promise<Answer | MovedAnswer> {
  const answer = thread.serve(task);
  return answer instanceof Promise ? answer.then(moved) : moved(answer);
}

// --- internal ---

function moved(answer: Answer): Answer | MovedAnswer {
  return answer !== null && answer[3] instanceof Uint8Array ? (move(new MovedAnswer(answer)) as MovedAnswer) : answer;
}

/** An answer whose body changes hands instead of being copied. */
class MovedAnswer {
  readonly #answer: NonNullable<Answer>;

  constructor(answer: NonNullable<Answer>) {
    this.#answer = answer;
  }

  get [transferableSymbol](): unknown[] {
    return [(this.#answer[3] as Uint8Array).buffer];
  }

  get [valueSymbol](): NonNullable<Answer> {
    return this.#answer;
  }
}
