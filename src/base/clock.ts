/** Local time as logs write it. Building a date costs microseconds and changes once a second, so each caller keeps its text that long. */

// Not the global, which is a getter.
import { performance } from "node:perf_hooks";

/** A text that is made anew when the second changes. `render` gets the moment, in milliseconds since 1970. */
export class SecondText {
  readonly #render: (now: Date) => string;
  #second = Number.NaN;
  #text = "";

  constructor(render: (now: Date) => string) {
    this.#render = render;
  }

  /** The text for `now` (milliseconds since 1970). */
  at(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = this.#render(new Date(now));
    }
    return this.#text;
  }
}

/**
 * The same for those who have a reading of a monotonic clock at hand: the wall clock, 40 ns on a virtual machine, is read only when a second of
 * it is over, or a second has passed since.
 */
export class SteadySecondText {
  readonly #render: (now: Date) => string;
  #until = -Infinity;
  #text = "";

  constructor(render: (now: Date) => string) {
    this.#render = render;
  }

  /** The text for `steady` in milliseconds of `performance.now()`: now, or a little before. */
  at(steady: number): string {
    if (steady >= this.#until) {
      const now = Date.now() - Math.max(0, Math.floor(performance.now() - steady));
      this.#until = steady + 1000 - (now % 1000);
      this.#text = this.#render(new Date(now));
    }
    return this.#text;
  }
}

/** `2026-11-20 10:42:00 +0000` */
export function isoTime(now: Date): string {
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${timeOfDay(now)} ${zone(now)}`;
}

/** `[20/Nov/2026:10:42:00 +0000]` */
export function apacheTime(now: Date): string {
  return `[${two(now.getDate())}/${MONTHS[now.getMonth()]}/${now.getFullYear()}:${timeOfDay(now)} ${zone(now)}]`;
}

/** `Nov  5 10:42:00`, as RFC 3164 has it. */
export function syslogTime(now: Date): string {
  return `${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)} ${timeOfDay(now)}`;
}

// --- internal ---

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function timeOfDay(now: Date): string {
  return `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

function zone(now: Date): string {
  const east = -now.getTimezoneOffset();
  const minutes = Math.abs(east);
  return `${east < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
