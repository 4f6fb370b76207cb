/** The kinds of values that settings about processes have: users, file masks, variables of the environment. */

import type { SettingType } from "./setting.ts";

/** A user or group, by name or number; whether there is one is seen at the start. */
export function account(kind: "user" | "group"): SettingType<string, string | number> {
  const read = (value: unknown): string => {
    const text = typeof value === "number" && Number.isInteger(value) ? String(value) : value;
    if (typeof text !== "string" || !/^[^\s:/]+$/.test(text.trim()) || text.trim().startsWith("-"))
      throw new Error(`expected the name or the number of a ${kind}`);
    if (/^\d+$/.test(text.trim()) && Number(text) > MOST_ID) throw new Error(`expected a number up to ${MOST_ID}`);
    return text.trim();
  };
  const label = `name or number of a ${kind}`;
  const placeholder = kind.toUpperCase();
  return { label, placeholder, repeatable: false, fromText: (texts) => read(texts.at(-1)), fromValue: read };
}

/** The path of a request, as it stands in the request line. */
export function requestPath(): SettingType<string> {
  const read = (value: unknown): string => {
    if (typeof value !== "string" || !/^\/[!-~]*$/.test(value) || /[?#]/.test(value))
      throw new Error(
        "expected the path of a request, such as /healthz: it begins with a slash, and has no ? and no #",
      );
    return value;
  };
  return {
    label: "path of a request",
    placeholder: "PATH",
    repeatable: false,
    fromText: (texts) => read(texts.at(-1)),
    fromValue: read,
  };
}

/** A mask of permission bits: text is octal, as `umask` and `chmod` have it; a number is what it is. */
export function fileMask(): SettingType<number, number | string> {
  const read = (value: unknown): number => {
    const text = typeof value === "string" ? /^(?:0o)?([0-7]{1,4})$/i.exec(value.trim())?.[1] : undefined;
    const mask = text === undefined ? value : Number.parseInt(text, 8);
    if (typeof mask !== "number" || !Number.isInteger(mask) || mask < 0 || mask > 0o777)
      throw new Error("expected an octal number from 0 to 777, such as 007 (in a config file 0o007)");
    return mask;
  };
  const label = "octal text or integer";
  return { label, placeholder: "MASK", repeatable: false, fromText: (texts) => read(texts.at(-1)), fromValue: read };
}

/** Permission bits of a file, as `chmod` has them; kept as text, which is how people know them. */
export function fileMode(): SettingType<string, number | string> {
  const mask = fileMask();
  const read = (value: unknown): string => {
    try {
      return mask.fromValue(value).toString(8).padStart(4, "0");
    } catch (error) {
      throw new Error("expected an octal number from 0 to 777, such as 0660 (in a config file 0o660)", {
        cause: error,
      });
    }
  };
  return { ...mask, placeholder: "MODE", fromText: (texts) => read(texts.at(-1)), fromValue: read };
}

/** `NAME=VALUE`, several of them. A value may hold commas, so they do not separate. */
export function variables(): SettingType<readonly string[], readonly string[] | string> {
  const read = (entries: readonly unknown[]): readonly string[] =>
    entries.map((entry) => {
      if (typeof entry !== "string" || !/^[^=\0]+=[^\0]*$/.test(entry))
        throw new Error("expected NAME=VALUE, such as NODE_ENV=production");
      return entry;
    });
  return {
    label: "list of `NAME=VALUE`",
    placeholder: "NAME=VALUE",
    repeatable: true,
    fromText: read,
    fromValue: (value) => read(Array.isArray(value) ? value : [value]),
  };
}

// --- internal ---

/** The kernel's ids have 32 bits; the last means "no change". */
const MOST_ID = 2 ** 32 - 2;
