/**
 * Over TLS, a write forgets what uWebSockets has read and not yet decrypted, on whichever connection: after a burst of over half a megabyte the stream of
 * the client breaks. So what may have somebody write is passed on when uWebSockets has done with what it has read: a turn later.
 */

export class AfterRead {
  #queue: (() => void)[] = [];

  push(work: () => void): void {
    if (this.#queue.push(work) === 1) setImmediate(this.flush);
  }

  /** Passes on what waits, in order. */
  readonly flush = (): void => {
    const works = this.#queue;
    this.#queue = [];
    let done = 0;
    try {
      for (const work of works) {
        done++;
        work();
      }
    } finally {
      for (const work of works.slice(done)) this.push(work);
    }
  };
}

/** Null for a body that cannot be a part of such a burst; a length of -1 is not known. */
export function laterFor(afterRead: AfterRead | null, contentLength: number): AfterRead | null {
  return contentLength >= 0 && contentLength <= SMALL ? null : afterRead;
}

// --- internal ---

const SMALL = 64 * 1024;
