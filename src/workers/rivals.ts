/** The other workers as this one's accept gate sees them: read from the scoreboard, so it costs no message and needs no answer. */

import { FIELD, WorkerState } from "../ipc/scoreboard-layout.ts";
import type { Scoreboard } from "../ipc/scoreboard.ts";
import { loadOf, type GateView, type Rival } from "./accept-gate.ts";

/** Workers come and go rarely: who is there is looked up this often, in ms. What they do is read each time. */
const LOOK_UP_MS = 250;

export class ScoreboardView implements GateView {
  readonly #own: Float64Array;
  readonly #others: readonly SlotRival[];
  #present: readonly SlotRival[] = [];
  #lookedUpAt = -Infinity;

  /** `most`: connections that a worker may hold open. */
  constructor(scoreboard: Scoreboard, ownSlot: number, most: number) {
    this.#own = scoreboard.fields(ownSlot);
    this.#others = Array.from({ length: scoreboard.shape.slots }, (_, index) => index)
      .filter((index) => index !== ownSlot)
      .map((index) => new SlotRival(scoreboard.fields(index), most));
  }

  get load(): number {
    return loadIn(this.#own);
  }

  rivals(now: number): readonly Rival[] {
    if (now - this.#lookedUpAt >= LOOK_UP_MS) {
      this.#lookedUpAt = now;
      this.#present = this.#others.filter((rival) => rival.serves);
    }
    return this.#present;
  }
}

// --- internal ---

class SlotRival implements Rival {
  readonly #fields: Float64Array;
  readonly #most: number;

  constructor(fields: Float64Array, most: number) {
    this.#fields = fields;
    this.#most = most;
  }

  get serves(): boolean {
    return this.#fields[FIELD.state] === WorkerState.READY;
  }

  get load(): number {
    return loadIn(this.#fields);
  }

  get room(): number {
    return this.serves ? Math.max(0, this.#most - this.#fields[FIELD.connections]!) : 0;
  }

  get accepted(): number {
    return this.#fields[FIELD.accepted]!;
  }

  get heartbeat(): number {
    return this.#fields[FIELD.heartbeat]!;
  }
}

function loadIn(fields: Float64Array): number {
  return loadOf(fields[FIELD.connections]!, fields[FIELD.active]!);
}
