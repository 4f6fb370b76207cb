/** Main of a pool thread: piscina imports it, and starts one session in it. */

import type { Session } from "../workers/gthread/messages.ts";
import { ThreadMain } from "../workers/gthread/thread-main.ts";

export function serve(session: Session): Promise<never> {
  return new ThreadMain(session).serve();
}
