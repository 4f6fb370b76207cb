/**
 * The sockets that uWebSockets was given: descriptors and their sockets' cookies. A descriptor may have been reused since; its cookie has not. With ten thousand idle
 * connections a Map of them would take a fifth of what uWebSockets itself keeps for them.
 */

export class AdoptedSockets {
  /** By descriptor, which are small numbers, given out from below; 0 where there is none. */
  #cookies = new Float64Array(FEWEST);
  /** Above the highest that was added. */
  #end = 0;

  add(fd: number, cookie: number): void {
    if (fd >= this.#cookies.length) this.#grow(fd);
    this.#cookies[fd] = cookie;
    if (fd >= this.#end) this.#end = fd + 1;
  }

  /** Calls `visit` for each; one for which that returns false is forgotten. Returns how many are left. */
  sift(visit: (fd: number, cookie: number) => boolean): number {
    let left = 0;
    for (let fd = 0; fd < this.#end; fd++) {
      const cookie = this.#cookies[fd]!;
      if (cookie === 0) continue;
      if (visit(fd, cookie)) left++;
      else this.#cookies[fd] = 0;
    }
    return left;
  }

  // --- internal ---

  #grow(fd: number): void {
    const larger = new Float64Array(Math.max(2 * this.#cookies.length, fd + 1));
    larger.set(this.#cookies);
    this.#cookies = larger;
  }
}

// --- internal ---

const FEWEST = 256;
