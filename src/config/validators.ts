/** The kinds of values settings have: each reads text and config-file values, and says what it allows. */

import { JunicornError } from "../base/errors.ts";
import { parseAddress } from "../net/address.ts";
import type { SettingType } from "./setting.ts";

/** A whole number within bounds. */
export function integer(min: number, max: number = MAX_INT): SettingType<number> {
  return numeric("integer", "INT", min, max, /^[+-]?\d+$/, Number.isInteger);
}

/** A span of time in seconds, fractions allowed. The bound is that of a timer. */
export function seconds(min = 0): SettingType<number> {
  return numeric("seconds", "SECONDS", min, MAX_TIMER_SECONDS, /^[+-]?(\d+\.?\d*|\.\d+)$/, Number.isFinite);
}

/** Text. `placeholder` names it in `--help`. */
export function text(placeholder = "TEXT"): SettingType<string> {
  return scalar("string", placeholder, (typed) => typed, (value) => {
    if (typeof value !== "string") throw new Error("expected a string");
    return value;
  });
}

/** Text that must not be empty: a path, a name. */
export function nonEmpty(label: string, placeholder: string): SettingType<string> {
  const read = (value: unknown): string => {
    if (typeof value !== "string" || value.trim() === "") throw new Error(`expected a ${label}`);
    return value;
  };
  return scalar(label, placeholder, read, read);
}

/** One of a few words; upper and lower case are the same. */
export function choice<const Word extends string>(...words: readonly Word[]): SettingType<Word> {
  const read = (value: unknown): Word => {
    const found = words.find((word) => typeof value === "string" && word === value.trim().toLowerCase());
    if (found === undefined) throw new Error(`expected ${oneOf(words)}`);
    return found;
  };
  return scalar(words.map((word) => `\`${word}\``).join(", "), "CHOICE", read, read);
}

/** On or off: `--name` and `--no-name`. */
export function toggle(): SettingType<boolean> {
  const allowed = "expected true or false";
  return scalar(
    "boolean",
    "",
    (typed) => {
      const word = typed.trim().toLowerCase();
      if (TRUE_WORDS.includes(word)) return true;
      if (FALSE_WORDS.includes(word)) return false;
      throw new Error(allowed);
    },
    (value) => {
      if (typeof value !== "boolean") throw new Error(allowed);
      return value;
    },
  );
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
  const read = (value: unknown): string => {
    if (typeof value !== "string") throw new Error('expected a string such as "127.0.0.1:8000"');
    try {
      parseAddress(value);
      return value;
    } catch (error) {
      throw new Error(error instanceof JunicornError ? String(error.details["problem"]) : String(error), { cause: error });
    }
  };
  return scalar("address", "ADDRESS", read, read);
}

/** A number, or a word that stands for a number known only when settings are read. */
export function numberOr<const Word extends string>(
  inner: SettingType<number>,
  word: Word,
  resolve: () => number,
): SettingType<number, number | Word> {
  const read = <In>(input: In, given: unknown, next: (input: In) => number): number => {
    if (typeof given === "string" && given.trim().toLowerCase() === word) return resolve();
    try {
      return next(input);
    } catch (error) {
      throw new Error(`${(error as Error).message}, or ${word}`, { cause: error });
    }
  };
  return {
    ...inner,
    label: `${inner.label} or \`${word}\``,
    fromText: (texts) => read(texts, texts.at(-1), inner.fromText),
    fromValue: (value) => read(value, value, inner.fromValue),
  };
}

// --- internal ---

const MAX_INT = 2 ** 31 - 1;
/** setTimeout counts milliseconds in 31 bits: a longer one would fire at once. */
const MAX_TIMER_SECONDS = Math.floor(MAX_INT / 1000);
const TRUE_WORDS: readonly string[] = ["true", "1", "yes", "y", "on"];
const FALSE_WORDS: readonly string[] = ["false", "0", "no", "n", "off"];

/** A type of single values: of an option given twice, the last counts. */
function scalar<Value>(
  label: string,
  placeholder: string,
  fromTyped: (typed: string) => Value,
  fromValue: (value: unknown) => Value,
): SettingType<Value> {
  return { label, placeholder, repeatable: false, fromText: (texts) => fromTyped(texts.at(-1) ?? ""), fromValue };
}

function numeric(
  label: string,
  placeholder: string,
  min: number,
  max: number,
  form: RegExp,
  fits: (value: number) => boolean,
): SettingType<number> {
  const noun = label === "integer" ? "an integer" : "a number of seconds";
  const allowed = `expected ${noun} ${max >= MAX_TIMER_SECONDS ? `of at least ${min}` : `from ${min} to ${max}`}`;
  const read = (value: unknown): number => {
    if (typeof value !== "number" || !fits(value) || value < min) throw new Error(allowed);
    if (value > max) throw new Error(`expected ${noun} from ${min} to ${max}`);
    return value;
  };
  return scalar(label, placeholder, (typed) => read(form.test(typed.trim()) ? Number(typed) : Number.NaN), read);
}

function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length === 1 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
