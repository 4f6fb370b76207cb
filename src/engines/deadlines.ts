/** Deadlines for many connections at the cost of a list insertion: one queue per kind, all of one length, so always in order. */

/** What can wait in a queue; it is in at most one at a time. */
export interface Timed {
  deadline: number;
  queue: DeadlineQueue | null;
  before: Timed | null;
  after: Timed | null;
}

export class DeadlineQueue {
  readonly milliseconds: number;
  readonly #expire: (item: never) => void;
  #first: Timed | null = null;
  #last: Timed | null = null;

  /** `milliseconds` 0: nothing ever expires. */
  constructor(milliseconds: number, expire: (item: never) => void) {
    this.milliseconds = milliseconds;
    this.#expire = expire;
  }

  get empty(): boolean {
    return this.#first === null;
  }

  /** Puts the item at the end of this queue, out of any other. */
  arm(item: Timed, now: number): void {
    item.queue?.disarm(item);
    if (this.milliseconds === 0) return;
    item.deadline = now + this.milliseconds;
    item.queue = this;
    item.before = this.#last;
    item.after = null;
    if (this.#last === null) this.#first = item;
    else this.#last.after = item;
    this.#last = item;
  }

  disarm(item: Timed): void {
    if (item.queue !== this) return;
    if (item.before === null) this.#first = item.after;
    else item.before.after = item.after;
    if (item.after === null) this.#last = item.before;
    else item.after.before = item.before;
    item.queue = null;
    item.before = null;
    item.after = null;
  }

  /** Takes out and reports what is due. */
  sweep(now: number): void {
    for (let item = this.#first; item !== null && item.deadline <= now; item = this.#first) {
      this.disarm(item);
      this.#expire(item as never);
    }
  }
}
