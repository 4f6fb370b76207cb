/** What a search is doing: one line that is drawn anew on a terminal, plain lines elsewhere. */

import { cut, type Style } from "../../base/terminal/style.ts";
import { bytes, rate, shortTime } from "../../base/terminal/units.ts";
import { nameOf } from "../../tune/candidate.ts";
import type { Contender } from "../../tune/contender.ts";
import type { Step } from "../../tune/search.ts";

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Progress {
  /** Before there are any steps: what is being done. */
  say(text: string): void;
  step(step: Step): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** `now` in ms; `budgetMs` is how long it may take. */
export function progressOn(output: Output, style: Style, budgetMs: number, now: () => number): Progress {
  return output.isTTY === true ? new Line(output, style, budgetMs, now) : new Lines(output);
}

// --- internal ---

const EVERY_MS = 200;
const CLEAR_LINE = "\r\x1b[K";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const PARTS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** `share` of `width` columns, to an eighth of one. */
export function barOf(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return "█".repeat(eighths >> 3) + PARTS[eighths & 7]!;
}

class Line implements Progress {
  readonly #output: Output;
  readonly #style: Style;
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #began: number | null = null;
  #text = "";

  constructor(output: Output, style: Style, budgetMs: number, now: () => number) {
    this.#output = output;
    this.#style = style;
    this.#budgetMs = budgetMs;
    this.#now = now;
    output.write(HIDE_CURSOR);
    this.#timer = setInterval(() => this.#draw(), EVERY_MS);
  }

  say(text: string): void {
    this.#text = text;
    this.#draw();
  }

  step({ candidate, round, best, left, of }: Step): void {
    this.#began ??= this.#now();
    const leading = best === null ? "" : `, ${this.#style.green(`best so far ${bestOf(best)}`)}`;
    this.#text = `trying ${nameOf(candidate)}${leading} (round ${round}, ${left} of ${of} left)`;
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#output.write(`${CLEAR_LINE}${SHOW_CURSOR}`);
  }

  #draw(): void {
    const columns = this.#output.columns ?? 80;
    const width = Math.min(24, Math.max(6, Math.floor(columns / 5)));
    const share = this.#began === null ? 0 : Math.min(1, (this.#now() - this.#began) / this.#budgetMs);
    const bar =
      this.#style.green(barOf(share, width)) + this.#style.dim("·".repeat(width - Math.ceil(share * width - 1e-9)));
    const line = `${cut(bar, width)} ${String(Math.round(share * 100)).padStart(3)} %  ${this.#text}`;
    // The last column would wrap in some terminals.
    this.#output.write(`${CLEAR_LINE}${cut(line, columns - 1)}`);
  }
}

class Lines implements Progress {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  say(text: string): void {
    this.#output.write(`${text}\n`);
  }

  step({ candidate, round, outcome, best, done }: Step): void {
    if (outcome === null) return;
    const result =
      outcome.kind === "failed"
        ? `failed: ${outcome.problem}`
        : `${rate(outcome.sample.requestsPerSecond)} requests/s, p99 ${shortTime(outcome.sample.p99Ms)}, ${bytes(outcome.sample.memoryBytes)}`;
    const leading = best === null ? "" : `; best so far: ${bestOf(best)}`;
    this.#output.write(`${Math.round(done * 100)} %, round ${round}: ${nameOf(candidate)}: ${result}${leading}\n`);
  }

  end(): void {}
}

function bestOf(best: Contender): string {
  return `${nameOf(best.candidate)}, ${rate(best.middle(({ requestsPerSecond }) => requestsPerSecond))}/s`;
}
