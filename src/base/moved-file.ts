/** Notices that a file that is open is not at its path any more: log rotation has moved or removed it, and may not have said so. */

import { fstatSync, stat } from "node:fs";

export class MovedFile {
  readonly #path: string;
  readonly #identity: { readonly dev: number; readonly ino: number } | null;
  readonly #moved: () => void;
  #lookedAt = performance.now();

  /** `moved` is called at most once for each look, and may throw. Pipes and devices are never looked at. */
  constructor(path: string, fd: number, moved: () => void) {
    const stats = fstatSync(fd);
    this.#path = path;
    this.#moved = moved;
    this.#identity = path !== "-" && stats.isFile() ? { dev: stats.dev, ino: stats.ino } : null;
  }

  get isFile(): boolean {
    return this.#identity !== null;
  }

  /** Looks, if the last time was a second ago. The loop does not wait for it. */
  look(): void {
    const now = performance.now();
    const identity = this.#identity;
    if (identity === null || now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    stat(this.#path, (error, found) => {
      // What cannot be looked at for another reason may still be there.
      const isThere =
        error === null ? found.dev === identity.dev && found.ino === identity.ino : error.code !== "ENOENT";
      if (isThere) return;
      try {
        this.#moved();
      } catch {
        // The old file stays in use until the next look. USR1 would say why.
      }
    });
  }
}

// --- internal ---

const LOOK_MS = 1000;
