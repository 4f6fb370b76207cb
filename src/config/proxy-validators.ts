/** The kinds of values that say which proxies are believed, and about what. */

import { entryProblem } from "../base/address-list.ts";
import type { SettingType } from "./setting.ts";

/** Addresses and networks, or `*` for all. An empty list is nobody. */
export function networks(): SettingType<readonly string[], readonly string[] | string> {
  return listOf("list of addresses and networks", "ADDRESSES", (entry) => {
    const problem = entryProblem(entry);
    if (problem !== null) throw new Error(`expected addresses, networks or *: ${problem}`);
    return entry;
  });
}

/** Any words. */
export function words(label: string, placeholder: string): SettingType<readonly string[], readonly string[] | string> {
  return listOf(label, placeholder, (word) => word);
}

/** Names of variables, in capitals, or `*` for all. An empty list is none. */
export function variableNames(): SettingType<readonly string[], readonly string[] | string> {
  return listOf("list of names", "NAMES", (name) => {
    if (name !== "*" && !/^[a-z][a-z0-9_]*$/i.test(name))
      throw new Error(`expected names such as SCRIPT_NAME, or *: ${JSON.stringify(name)} is none`);
    return name.toUpperCase();
  });
}

/** Field name → value; in a file an object, elsewhere `NAME=VALUE`. */
export function fieldValues(): SettingType<Readonly<Record<string, string>>> {
  const allowed = 'expected an object of header names and values, such as { "X-FORWARDED-PROTO": "https" }';
  const read = (pairs: readonly (readonly [string, unknown])[]): Readonly<Record<string, string>> => {
    for (const [name, value] of pairs)
      if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name) || typeof value !== "string") throw new Error(allowed);
    return Object.fromEntries(pairs) as Record<string, string>;
  };
  return {
    label: "object of names and values",
    placeholder: "NAME=VALUE",
    repeatable: true,
    fromText: (texts) => read(texts.filter((text) => text !== "").map(pairOf)),
    fromValue: (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(allowed);
      return read(Object.entries(value));
    },
  };
}

// --- internal ---

function pairOf(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new Error("expected NAME=VALUE, such as X-FORWARDED-PROTO=https");
  return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}

function listOf(
  label: string,
  placeholder: string,
  check: (entry: string) => string,
): SettingType<readonly string[], readonly string[] | string> {
  const split = (text: string): string[] =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  return {
    label,
    placeholder,
    repeatable: true,
    fromText: (texts) => texts.flatMap(split).map(check),
    fromValue: (value) => {
      const entries = typeof value === "string" ? split(value) : value;
      if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === "string"))
        throw new Error(`expected an array of strings (${label})`);
      return entries.map(check);
    },
  };
}
