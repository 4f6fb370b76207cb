/** A candidate in the search: what its runs have shown, and what has become of it. */

import { type Candidate, contains } from "./candidate.ts";
import { median } from "../measure/statistics.ts";
import { type Goal, leadOf, type Sample, scoreOf } from "./sample.ts";

export type Fate = "running" | "slower" | "undecided" | "memory" | "p99" | "failed" | "too-large";

/** Whether it has run. */
export function isMeasured({ samples }: Contender): boolean {
  return samples.length > 0;
}

export class Contender {
  readonly candidate: Candidate;
  fate: Fate = "running";
  /** Why it is out, for people; "" while it is in. */
  why = "";
  readonly #rounds = new Map<number, Sample>();
  readonly #goal: Goal;

  constructor(candidate: Candidate, goal: Goal) {
    this.candidate = candidate;
    this.#goal = goal;
  }

  get running(): boolean {
    return this.fate === "running";
  }

  get samples(): readonly Sample[] {
    return [...this.#rounds.values()];
  }

  add(round: number, sample: Sample): void {
    this.#rounds.set(round, sample);
  }

  out(fate: Fate, why: string): void {
    this.fate = fate;
    this.why = why;
  }

  /** Back in, because those that beat it did not hold out. */
  revive(): void {
    this.fate = "running";
    this.why = "";
  }

  middle(pick: (sample: Sample) => number): number {
    return median(this.samples.map(pick));
  }

  get score(): number {
    return this.middle((sample) => scoreOf(sample, this.#goal));
  }

  /** Its lead over `other`, round by round where both ran: the machine's speed changes from one round to the next. */
  differences(other: Contender): number[] {
    return this.#inCommon(other).map(([own, theirs]) => leadOf(own, theirs, this.#goal));
  }

  /** Throughput as a multiple of that of `other`; in a closed loop less what others on the machine took, as the lead is. */
  timesOf(other: Contender): number {
    const inCommon = this.#inCommon(other);
    if (inCommon.length > 0 && this.#goal.rate === null) return Math.exp(median(this.differences(other)));
    const ratios = inCommon.map(([own, theirs]) => own.requestsPerSecond / theirs.requestsPerSecond);
    const rate = ({ requestsPerSecond }: Sample): number => requestsPerSecond;
    return ratios.length > 0 ? median(ratios) : this.middle(rate) / other.middle(rate);
  }

  /** A class with as much or less of everything already takes this memory; 0 if none has been measured. */
  leastMemory(others: Iterable<Contender>): number {
    return Math.max(
      0,
      ...[...others]
        .filter((other) => other.samples.length > 0 && contains(this.candidate, other.candidate))
        .map((other) => other.middle(({ memoryBytes }) => memoryBytes)),
    );
  }

  #inCommon(other: Contender): [own: Sample, theirs: Sample][] {
    return [...this.#rounds].flatMap(([round, sample]) => {
      const theirs = other.#rounds.get(round);
      return theirs === undefined ? [] : [[sample, theirs]];
    });
  }
}
