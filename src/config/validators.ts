/** The kinds of values settings have: each reads text and config-file values, and says what it allows. */

import { JunicornError } from "../base/errors.ts";
import { parseFilterRule } from "../base/log-filter.ts";
import { parseSyslogAddress } from "../base/syslog.ts";
import { checkAccessLogFormat } from "../base/log-format.ts";
import { nearest } from "../base/nearest.ts";
import { parseAddress } from "../net/address.ts";
import { totalMemory } from "./memory.ts";
import type { SettingType } from "./setting.ts";

/** A whole number within bounds. */
export function integer(min: number, max: number = MAX_INT): SettingType<number> {
  const whole = {
    label: "integer",
    placeholder: "INT",
    noun: "an integer",
    typed: /^[+-]?\d+$/,
    fits: Number.isInteger,
  };
  return numeric(whole, min, max);
}

/** A span of time in seconds, fractions allowed. The bound is that of a timer. */
export function seconds(min = 0): SettingType<number> {
  const typed = /^[+-]?(\d+\.?\d*|\.\d+)$/;
  const span = { label: "seconds", placeholder: "SECONDS", noun: "a number of seconds", typed, fits: Number.isFinite };
  return numeric(span, min, MAX_TIMER_SECONDS);
}

/** An amount of memory in MiB: a number, or a percentage of what there is. 0 is none. */
export function memory(total: () => number = totalMemory): SettingType<number, number | `${number}%`> {
  return scalar("MiB, or percentage of the memory", "MIB", (value) => {
    const allowed = "expected MiB as an integer of at least 0, or a percentage from 1% to 100%";
    const percent = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(value)?.[1] : undefined;
    if (percent === undefined) {
      const mib = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
      if (typeof mib !== "number" || !Number.isInteger(mib) || mib < 0) throw new Error(allowed);
      return mib;
    }
    if (Number(percent) < 1 || Number(percent) > 100) throw new Error(allowed);
    return Math.floor((total() * Number(percent)) / 100 / 2 ** 20);
  });
}

/** Text that must not be empty: a path, a name. */
export function nonEmpty(label: string, placeholder: string): SettingType<string> {
  return scalar(label, placeholder, (value) => {
    if (typeof value !== "string" || value.trim() === "") throw new Error(`expected a ${label}`);
    if (value.includes("\0")) throw new Error("it has a NUL character");
    return value;
  });
}

/** Any text; "" is none. */
export function text(label: string, placeholder: string): SettingType<string> {
  return scalar(label, placeholder, (value) => {
    if (typeof value !== "string") throw new Error("expected a string");
    return value;
  });
}

/** A format of the access log. */
export function logFormat(): SettingType<string> {
  return scalar("access log format", "FORMAT", (value) => {
    if (typeof value !== "string") throw new Error("expected a string");
    const problem = checkAccessLogFormat(value);
    if (problem !== null) throw new Error(problem);
    return value;
  });
}

/** Rules of an access log filter, kept as they were written: repeated options; in a file an array, or one alone. */
export function filterRules(): SettingType<readonly string[], readonly string[] | string> {
  const check = (rules: readonly unknown[]): readonly string[] =>
    rules.map((rule) => {
      if (typeof rule !== "string") throw new Error('expected a string such as "path=/health* status=2xx"');
      parseFilterRule(rule);
      return rule;
    });
  return {
    label: "list of rules",
    placeholder: "RULE",
    repeatable: true,
    fromText: (texts) => check(texts.filter((typed) => typed.trim() !== "")),
    fromValue: (value) => check(Array.isArray(value) ? value : [value]),
  };
}

/** Where syslog is, kept as it was written. */
export function syslogAddress(): SettingType<string> {
  return scalar("syslog address", "ADDRESS", (value) => {
    if (typeof value !== "string") throw new Error("expected a string such as udp://localhost:514");
    parseSyslogAddress(value);
    return value;
  });
}

/** One of a few words; upper and lower case are the same. */
export function choice<const Word extends string>(...words: readonly Word[]): SettingType<Word> {
  return scalar(words.map((word) => `\`${word}\``).join(", "), "CHOICE", (value) => {
    const found = words.find((word) => typeof value === "string" && word === value.trim().toLowerCase());
    if (found === undefined) throw new Error(`expected ${oneOf(words)}`);
    return found;
  });
}

/** One of a few words, or the module of something of the user's own: a path, or a package written with a slash, a colon or a dot. */
export function choiceOrModule(noun: string, ...words: readonly string[]): SettingType<string> {
  const label = `${words.map((word) => `\`${word}\``).join(", ")} or the path of a module`;
  return scalar(label, "CHOICE", (value) => {
    const text = typeof value === "string" ? value.trim() : "";
    const found = words.find((word) => word === text.toLowerCase());
    if (found !== undefined) return found;
    if (/[./:]/.test(text)) return text;
    const near = nearest(text, words);
    throw new Error(
      `expected ${oneOf(words)}, or the path of a module with ${noun} of your own${near === undefined ? "" : `. Did you mean ${near}?`}`,
    );
  });
}

/** On or off: `--name` and `--no-name`. */
export function toggle(): SettingType<boolean> {
  return scalar("boolean", "", (value) => {
    const word = String(value).trim().toLowerCase();
    if (value === true || (typeof value === "string" && TRUE_WORDS.includes(word))) return true;
    if (value === false || (typeof value === "string" && FALSE_WORDS.includes(word))) return false;
    throw new Error("expected true or false");
  });
}

/** A value that may be absent: `null` in a file, nothing ("") on the command line. */
export function optional<Value, Given>(inner: SettingType<Value, Given>): SettingType<Value | null, Given | null> {
  return {
    ...inner,
    label: `${inner.label} or null`,
    fromText: (texts) => (texts.at(-1) === "" ? null : inner.fromText(texts)),
    fromValue: (value) => (value === null ? null : inner.fromValue(value)),
  };
}

/** Several values: the option repeated or values with commas between; in a file an array, or one value alone. */
export function list<Value, Given>(
  label: string,
  inner: SettingType<Value, Given>,
): SettingType<readonly Value[], readonly Given[] | Given> {
  const atLeastOne = <Item>(items: readonly Item[]): readonly Item[] => {
    if (items.length === 0) throw new Error("expected at least one value");
    return items;
  };
  const split = (typed: string): string[] => typed.split(",").filter((part) => part.trim() !== "");
  return {
    label,
    placeholder: inner.placeholder,
    repeatable: true,
    fromText: (texts) => atLeastOne(texts.flatMap(split)).map((part) => inner.fromText([part.trim()])),
    fromValue: (value) => {
      if (typeof value === "string") return atLeastOne(split(value)).map((part) => inner.fromValue(part.trim()));
      return atLeastOne(Array.isArray(value) ? value : [value]).map((item) => inner.fromValue(item));
    },
  };
}

/** An address to listen on, kept as it was written. */
export function address(): SettingType<string> {
  return scalar("address", "ADDRESS", (value) => {
    if (typeof value !== "string") throw new Error('expected a string such as "127.0.0.1:8000"');
    try {
      parseAddress(value);
      return value;
    } catch (error) {
      throw new Error(error instanceof JunicornError ? String(error.details["problem"]) : String(error), {
        cause: error,
      });
    }
  });
}

/** A number, or a word that stands for a number known only when settings are read. */
export function numberOr<const Word extends string>(
  inner: SettingType<number>,
  word: Word,
  resolve: () => number,
): SettingType<number, number | Word> {
  return scalar(`${inner.label} or \`${word}\``, inner.placeholder, (value) => {
    if (typeof value === "string" && value.trim().toLowerCase() === word) return resolve();
    try {
      return inner.fromValue(value);
    } catch (error) {
      throw new Error(`${(error as Error).message}, or ${word}`, { cause: error });
    }
  });
}

// --- internal ---

const MAX_INT = 2 ** 31 - 1;
/** setTimeout counts milliseconds in 31 bits: a longer one would fire at once. */
const MAX_TIMER_SECONDS = Math.floor(MAX_INT / 1000);
const TRUE_WORDS: readonly string[] = ["true", "1", "yes", "y", "on"];
const FALSE_WORDS: readonly string[] = ["false", "0", "no", "n", "off"];

/** A type of single values, read alike where they were typed and where a file has them: `timeout: process.env.TIMEOUT` is text too. */
function scalar<Value>(label: string, placeholder: string, read: (value: unknown) => Value): SettingType<Value> {
  // Of an option given twice, the last counts.
  return { label, placeholder, repeatable: false, fromText: (texts) => read(texts.at(-1) ?? ""), fromValue: read };
}

interface NumberKind {
  readonly label: string;
  readonly placeholder: string;
  readonly noun: string;
  /** How it is typed: Number() alone would take "", "0x10" and "1e3". */
  readonly typed: RegExp;
  readonly fits: (value: number) => boolean;
}

function numeric({ label, placeholder, noun, typed, fits }: NumberKind, min: number, max: number): SettingType<number> {
  const range = `expected ${noun} from ${min} to ${max}`;
  // A bound that is only the machine's is not worth a word until it is hit.
  const allowed = max >= MAX_TIMER_SECONDS ? `expected ${noun} of at least ${min}` : range;
  return scalar(label, placeholder, (value) => {
    const number = typeof value === "string" && typed.test(value.trim()) ? Number(value) : value;
    if (typeof number !== "number" || !fits(number) || number < min) throw new Error(allowed);
    if (number > max) throw new Error(range);
    return number;
  });
}

function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length === 1 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
