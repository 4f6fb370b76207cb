/** A view that is drawn anew each second until Ctrl-C, and leaves the terminal as it was. */

import { setTimeout as sleep } from "node:timers/promises";

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The part of `process` that is used. */
export interface Interrupts {
  on(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
}

/**
 * Resolves when the user has had enough. On a terminal it draws on the other screen, which terminals have for this, so that what was there before
 * comes back; elsewhere each view follows the one before. What `draw` throws ends it too.
 */
export async function watch(draw: () => Promise<string>, screen: Screen, process: Interrupts): Promise<void> {
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  // Whoever read it is gone (| head).
  screen.on("error", stop);
  if (screen.isTTY === true) screen.write(`${OTHER_SCREEN}${HIDE_CURSOR}`);
  try {
    while (!enough.signal.aborted) {
      const began = performance.now();
      const view = await draw();
      if (enough.signal.aborted) break;
      // Line by line over the old one: clearing the screen first would flicker.
      screen.write(screen.isTTY === true ? `${HOME}${view.replaceAll("\n", `${CLEAR_LINE}\n`)}${CLEAR_BELOW}` : view);
      await sleep(Math.max(0, EVERY_MS - (performance.now() - began)), undefined, enough).catch(() => {});
    }
  } finally {
    if (screen.isTTY === true) screen.write(`${SHOW_CURSOR}${FIRST_SCREEN}`);
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

// --- internal ---

const EVERY_MS = 1000;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const OTHER_SCREEN = "\x1b[?1049h";
const FIRST_SCREEN = "\x1b[?1049l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
