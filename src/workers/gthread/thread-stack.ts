/** The JavaScript stack of a pool thread, which its native watchdog writes even while the thread spins. */

import { setTimeout as sleep } from "node:timers/promises";

import { Stack } from "../../ipc/scoreboard-layout.ts";
import { native } from "../../native.ts";

export class ThreadStack {
  /** Both for the thread, which starts its watchdog with them. */
  readonly memoryFd: number;
  readonly bellFd: number;
  readonly #memory: ArrayBuffer;

  constructor() {
    this.memoryFd = native().createSharedMemory("junicorn-thread-stack", Stack.SIZE);
    this.bellFd = native().createEvent();
    this.#memory = native().mapSharedMemory(this.memoryFd, Stack.SIZE);
  }

  /** Asks for the stack. Null if none comes: no JavaScript runs there. */
  async read(patienceMs: number): Promise<string | null> {
    const words = new Int32Array(this.#memory, 0, 2);
    const before = Atomics.load(words, Stack.SEQUENCE / 4);
    native().notifyEvent(this.bellFd);
    for (let waited = 0; Atomics.load(words, Stack.SEQUENCE / 4) === before; waited += POLL_MS) {
      if (waited >= patienceMs) return null;
      await sleep(POLL_MS);
    }
    const length = Math.max(0, Math.min(Atomics.load(words, Stack.LENGTH / 4), Stack.SIZE - Stack.TEXT));
    return withoutOurs(Buffer.from(this.#memory, Stack.TEXT, length).toString().trimEnd());
  }

  /** Once the thread has ended. */
  close(): void {
    native().close(this.memoryFd);
    native().close(this.bellFd);
  }
}

// --- internal ---

const POLL_MS = 5;

/** Where this package's code is, as stacks name it. */
const OURS = new URL("../..", import.meta.url).href;

/** The frames down to the application's outermost: how a request came to it is no news. All of them if none is the application's. */
function withoutOurs(stack: string): string {
  const frames = stack.split("\n");
  const outermost = frames.findLastIndex(
    (frame) => !frame.includes(OURS) && !frame.includes("/piscina/") && !frame.includes("node:"),
  );
  return frames.slice(0, outermost < 0 ? frames.length : outermost + 1).join("\n");
}
