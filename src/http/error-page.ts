/** The answer to a request that went wrong: the same page from the service and from every engine. */

import type { HeaderList } from "./exchange.ts";

export interface ErrorAnswer {
  readonly headers: HeaderList;
  readonly body: string;
}

/**
 * One line of plain text: status and reason. It never carries what a client sent or an application threw, so there is nothing to escape.
 * Whether the connection closes is the engine's to say.
 */
export function errorAnswer(status: number, reason: string): ErrorAnswer {
  return { headers: ["Content-Type", "text/plain; charset=utf-8"], body: `${status} ${reason}\n` };
}
