/**
 * The search: all candidates run once, then those that may still be the best run again, round after round, until the decision is clear or the time is over.
 * Candidates are compared within a round only, because the machine's speed changes. Nothing here starts a process: `measure` does.
 */

import { Budget } from "./budget.ts";
import { type Candidate, contains, nameOf } from "./candidate.ts";
import { choose, inOrderOfPromise, leaderOf, rivalsAmong } from "./choose.ts";
import { compare, noiseOf } from "./compare.ts";
import { checkMemory, checkP99, memoryObjection } from "./constraints.ts";
import { Contender, isMeasured } from "./contender.ts";
import { type Finding, findingOf } from "./finding.ts";
import { firstCandidates, neighbours, type Scope } from "./grid.ts";
import type { Goal, Outcome } from "./sample.ts";

export interface SearchInput {
  readonly scope: Scope;
  readonly goal: Goal;
  /** What the machine has: no candidate is tried that would fill it. */
  readonly memoryBytes: number;
  readonly budgetMs: number;
  /** Runs a candidate once. Rejects only with `signal`. */
  readonly measure: (candidate: Candidate) => Promise<Outcome>;
  /** Milliseconds. */
  readonly now: () => number;
  /** Ends the search; what is known by then is the result. */
  readonly signal: AbortSignal;
  readonly report: (step: Step) => void;
}

/** Told before each run and after it. */
export interface Step {
  readonly candidate: Candidate;
  readonly round: number;
  /** null: it is about to run. */
  readonly outcome: Outcome | null;
  /** What would be recommended now; null while nothing is known. */
  readonly best: Contender | null;
  /** Candidates that are still in, and all. */
  readonly left: number;
  readonly of: number;
  /** Share of the time that is used, from 0 to 1. */
  readonly done: number;
}

export async function search(input: SearchInput): Promise<Finding> {
  return await new Search(input).run();
}

// --- internal ---

/** The first round, in which all run, may take this share of the time. */
const FIRST_ROUND = 0.55;
const LEAST_CANDIDATES = 3;
const LEAST_ROUNDS = 2;

class Search {
  readonly #input: SearchInput;
  readonly #budget: Budget;
  readonly #contenders = new Map<string, Contender>();
  #round = 0;

  constructor(input: SearchInput) {
    this.#input = input;
    this.#budget = new Budget(input.budgetMs, input.now);
  }

  async run(): Promise<Finding> {
    await this.#firstRound();
    await this.#shrink();
    while (!this.#finished()) {
      this.#explore();
      await this.#nextRound();
    }
    this.#judge(true);
    const undecided = [...this.#contenders.values()].filter(({ fate }) => fate === "undecided");
    return findingOf([...this.#contenders.values()], {
      noise: this.#noise(),
      clear: this.#isClear(undecided),
      rivals: this.#rivals(undecided).map(({ candidate }) => candidate),
      interrupted: this.#input.signal.aborted,
      runs: this.#budget.runs,
      elapsedMs: this.#budget.used,
    });
  }

  async #firstRound(): Promise<void> {
    this.#round = 1;
    const candidates = firstCandidates(this.#input.scope);
    for (const [at, candidate] of candidates.entries()) {
      if (this.#input.signal.aborted) return;
      if (at >= LEAST_CANDIDATES && this.#firstRoundIsLong()) break;
      this.#enter(candidate);
      await this.#tryOut(this.#contenders.get(nameOf(candidate))!);
    }
    this.#judge(false);
  }

  /** While nobody keeps the limits, all are tried for whom there is time. */
  #firstRoundIsLong(): boolean {
    const share = this.#running().length > 0 ? FIRST_ROUND : 1;
    return this.#budget.used + this.#budget.cost > share * this.#budget.ms;
  }

  /** Where all take too much memory, less of the same, even after the time: that nothing suits is an answer only if it is true. */
  async #shrink(): Promise<void> {
    while (this.#running().length === 0 && !this.#input.signal.aborted) {
      const large = [...this.#contenders.values()].filter(({ fate }) => fate === "memory");
      const smaller = large.flatMap(({ candidate }) =>
        neighbours(candidate, this.#input.scope).filter((one) => contains(candidate, one)),
      );
      const untried = smaller.find((candidate) => !this.#contenders.has(nameOf(candidate)));
      if (untried === undefined) return;
      this.#enter(untried);
      await this.#tryOut(this.#contenders.get(nameOf(untried))!);
    }
  }

  async #nextRound(): Promise<void> {
    this.#round++;
    const order = this.#running().toSorted((a, b) => b.score - a.score || b.samples.length - a.samples.length);
    // There and back: what drifts one way then disadvantages nobody.
    if (this.#round % 2 === 1) order.reverse();
    for (const contender of order) {
      if (this.#outOfTime()) break;
      await this.#tryOut(contender);
    }
    this.#judge(false);
  }

  #enter(candidate: Candidate): void {
    const contender = new Contender(candidate, this.#input.goal);
    this.#contenders.set(nameOf(candidate), contender);
    const objection = memoryObjection(contender, [...this.#contenders.values()], this.#input);
    if (objection !== null) contender.out(objection.fate, objection.why);
  }

  async #tryOut(contender: Contender): Promise<void> {
    if (!contender.running || this.#input.signal.aborted) return;
    this.#report(contender, null);
    const outcome = await this.#input.measure(contender.candidate).catch((error: unknown) => {
      if (this.#input.signal.aborted) return null;
      throw error;
    });
    // That its server ended because all is to end says nothing of a candidate.
    if (outcome === null || (outcome.kind === "failed" && this.#input.signal.aborted)) return;
    this.#budget.ran();
    if (outcome.kind === "failed") contender.out("failed", outcome.problem);
    else {
      contender.add(this.#round, outcome.sample);
      checkMemory(contender, this.#input.goal);
    }
    this.#report(contender, outcome);
  }

  /** Takes out who breaks a limit, who is slower for certain, and those for whom there is no time. */
  #judge(final: boolean): void {
    for (const contender of this.#running()) checkP99(contender, this.#input.goal, final);
    if (this.#running().length === 0) this.#revive();
    const leader = leaderOf(this.#measured(), this.#noise());
    if (leader === null) return;
    for (const contender of this.#measured()) {
      const { by, error } = compare(contender, leader, this.#noise());
      // Noise comes in bursts: who has won a round is not out yet.
      const wonNone = contender.differences(leader).every((difference) => difference < 0);
      if (by + 2 * error < 0 && wonNone) contender.out("slower", "");
    }
    if (!final && !this.#outOfTime()) this.#makeTime(leader);
  }

  /** Where the time does not suffice for all, the last ones go. */
  #makeTime(leader: Contender): void {
    const affordable = Math.max(2, Math.floor(this.#budget.left / this.#budget.cost / LEAST_ROUNDS));
    const ranked = inOrderOfPromise(this.#measured(), leader, this.#noise());
    for (const contender of ranked.slice(affordable - 1))
      contender.out("undecided", "there was no time for more runs of it");
  }

  /** Those that were faster broke a limit later on: the next ones get their turn. */
  #revive(): void {
    const slower = [...this.#contenders.values()].filter(({ fate }) => fate === "slower" || fate === "undecided");
    for (const contender of slower.toSorted((a, b) => b.score - a.score).slice(0, LEAST_CANDIDATES)) contender.revive();
    for (const contender of this.#running()) checkP99(contender, this.#input.goal, false);
  }

  /** Steps from the choice that nobody has tried, as far as there is time for two rounds with them. */
  #explore(): void {
    const choice = choose(this.#measured(), this.#noise());
    if (choice === null) return;
    for (const candidate of this.#unexplored(choice)) {
      const rounds = this.#budget.left / this.#budget.cost / (this.#running().length + 1);
      if (rounds < LEAST_ROUNDS) return;
      this.#enter(candidate);
    }
  }

  #unexplored(choice: Contender): Candidate[] {
    return neighbours(choice.candidate, this.#input.scope).filter(
      (candidate) => !this.#contenders.has(nameOf(candidate)),
    );
  }

  #finished(): boolean {
    return this.#outOfTime() || this.#running().length === 0 || this.#isClear();
  }

  /** Nobody who is still in, and none of `others`, can be much better than the choice. */
  #isClear(others: readonly Contender[] = []): boolean {
    const running = this.#running();
    const choice = choose(this.#measured(), this.#noise());
    if (choice === null || running.some(({ samples }) => samples.length < LEAST_ROUNDS)) return false;
    return this.#rivals(others).length === 0 && this.#unexplored(choice).length === 0;
  }

  /** Those who are in, and of `others`, who may be much better than the choice. */
  #rivals(others: readonly Contender[]): Contender[] {
    const all = [...this.#measured(), ...others.filter(isMeasured)];
    return rivalsAmong(all, choose(this.#measured(), this.#noise()), this.#noise());
  }

  #running(): Contender[] {
    return [...this.#contenders.values()].filter(({ running }) => running);
  }

  #measured(): Contender[] {
    return this.#running().filter(isMeasured);
  }

  #noise(): number {
    const all = [...this.#contenders.values()].filter(isMeasured);
    const leader = all.toSorted((a, b) => b.samples.length - a.samples.length || b.score - a.score)[0];
    return leader === undefined ? 0 : noiseOf(all, leader);
  }

  #outOfTime(): boolean {
    return this.#input.signal.aborted || this.#budget.over;
  }

  #report(contender: Contender, outcome: Outcome | null): void {
    this.#input.report({
      candidate: contender.candidate,
      round: this.#round,
      outcome,
      best: choose(this.#measured(), this.#noise()),
      left: this.#running().length,
      of: this.#contenders.size,
      done: Math.min(1, this.#budget.used / this.#budget.ms),
    });
  }
}
