/**
 * Keeps the master small: has the garbage collected that workers leave behind. What the master keeps of a worker lives for as long as that, so V8 takes it for lasting, and
 * looks at what lasts only when there are many megabytes of it: under steady recycling the master would grow for hours before it stays as it is.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { native } from "../native.ts";
import type { Extension } from "./extension.ts";

/** Some 12 KiB each. */
const GONE_WORKERS = 32;

/** What the start has left behind is given back then. V8 does so by itself after 8 s, or much later: in three of ten masters it had not after 20 s. */
const STARTED_MS = 5000;

export class Housekeeping implements Extension {
  readonly name = "housekeeping";
  readonly #collect: () => void;
  readonly #shrink: () => void;
  #gone = 0;
  /** Of the first turn. */
  #began: number | null = null;
  #shrunk = false;

  constructor(collect = collectGarbage, shrink: () => void = () => native().shrinkHeap()) {
    this.#collect = collect;
    this.#shrink = shrink;
  }

  /** New objects get the 2 MiB that they begin with: V8 would give them up to 64, as if the master had to be fast. */
  starting(): void {
    setFlagsFromString("--semi-space-growth-factor=1");
  }

  workerGone(): void {
    this.#gone++;
  }

  /** It takes about 10 ms of a heap as small as the master's. */
  tick(now: number): void {
    this.#began ??= now;
    if (!this.#shrunk && now - this.#began >= STARTED_MS) {
      this.#shrunk = true;
      this.#shrink();
    }
    if (this.#gone < GONE_WORKERS) return;
    this.#gone = 0;
    this.#collect();
  }
}

// --- internal ---

/** By a context of its own, because an option on the command line would give `gc` to all code, and to every child. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  try {
    (runInNewContext("globalThis.gc") as (() => void) | undefined)?.();
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
