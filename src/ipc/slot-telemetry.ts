/** What the service reports of each request, kept in the worker's scoreboard slot. On the path of every request: no allocation, no call out. */

import type { RowSource } from "./request-rows.ts";
import { bucketOf, FIELD, Statuses } from "./scoreboard-layout.ts";
import type { ScoreboardSlot } from "./scoreboard.ts";

/** What is counted of an answer; the Exchange has all of it. */
export interface AnswerFacts {
  /** 0 while nothing was answered. */
  readonly status: number;
  readonly bytesSent: number;
}

export interface BegunRequest extends RowSource {
  /** In milliseconds of `performance.now()`: the clock was read already. */
  readonly startedAt: number;
}

const SWITCHING_PROTOCOLS = 101;

/** The row of a request that has given it up because its connection was upgraded. */
export const UPGRADED = -2;

export class SlotTelemetry {
  readonly #slot: ScoreboardSlot;
  readonly #fields: Float64Array;
  readonly #histogram: Float64Array;
  readonly #statuses: Float64Array;
  readonly #origin: number;

  /** `origin` is added to the times of requests: see `monotonicOrigin()`. */
  constructor(slot: ScoreboardSlot, origin: number) {
    this.#slot = slot;
    this.#fields = slot.fields;
    this.#histogram = slot.histogram;
    this.#statuses = slot.statuses;
    this.#origin = origin;
  }

  /** A request begins. Called before the app is, so that the master can name the request that hangs a worker. Returns its row. */
  begin(request: BegunRequest): number {
    const fields = this.#fields;
    fields[FIELD.active]!++;
    return this.#slot.rows.take(request, ++fields[FIELD.requests]!, this.#origin + request.startedAt);
  }

  /** Its connection is something else from now on. Returns what `end` is given for a row. */
  upgraded(row: number): number {
    this.#fields[FIELD.upgraded]!++;
    this.#slot.rows.release(row);
    return UPGRADED;
  }

  /** The request of `row` is over, `milliseconds` after it began. */
  end(row: number, answer: AnswerFacts, milliseconds: number): void {
    const fields = this.#fields;
    fields[FIELD.active]!--;
    if (row === UPGRADED) fields[FIELD.upgraded]!--;
    fields[FIELD.bytes]! += answer.bytesSent;
    const statusClass = (answer.status / 100) | 0;
    if (statusClass >= 1 && statusClass <= 5) {
      fields[FIELD.status1xx + statusClass - 1]!++;
      this.#statuses[answer.status - Statuses.FIRST]!++;
    } else fields[FIELD.unanswered]!++;
    // An upgraded connection ends when its client pleases: that is no latency.
    if (answer.status !== SWITCHING_PROTOCOLS) {
      this.#histogram[bucketOf(milliseconds)]!++;
      fields[FIELD.durations]! += milliseconds;
    }
    this.#slot.rows.release(row);
  }
}
