/** What a pool thread is at while it does not come to serve: its own words if its event loop turns, else its JavaScript stack. */

import { setTimeout as sleep } from "node:timers/promises";

import type { PoolThread } from "./pool-thread.ts";

export async function explainThread(thread: PoolThread): Promise<string> {
  thread.explanation = null;
  thread.send({ type: "explain" });
  for (let waited = 0; waited < ANSWER_MS && thread.explanation === null && !thread.dead; waited += POLL_MS) {
    await sleep(POLL_MS);
  }
  const name = `Thread ${thread.id}`;
  const words = thread.explanation as string | null;
  if (words !== null) return `${name}. ${words}`;
  const stack = thread.dead || thread.noStacks !== "" ? null : await thread.stack.read(STACK_MS);
  return stack === null
    ? `${name} does not run JavaScript: ${thread.noStacks || "it is blocked in native code, or has just ended"}`
    : `${name} does not come back from:\n${stack.replaceAll(/^ *(?:at )?/gm, "  at ")}`;
}

// --- internal ---

/** Together less than what the master gives a worker to explain itself. */
const ANSWER_MS = 300;
const STACK_MS = 400;
const POLL_MS = 10;
