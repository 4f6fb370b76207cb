/** The text of `--print-config`. */

import { SETTINGS, type SettingName, type Settings } from "../config/settings/index.ts";
import type { Origin } from "../config/sources.ts";

/** One line for each setting, by name: its value as JSON, and where it came from. */
export function describeSettings(settings: Settings, origins: ReadonlyMap<SettingName, Origin>): string {
  const names = (Object.keys(settings) as SettingName[]).toSorted();
  const left = names.map((name) => `${name} = ${show(name, settings[name])}`);
  // Long values do not push the origins of all others to the right.
  const width = Math.max(...left.map((text) => text.length).filter((length) => length <= WIDEST));
  return names
    .map((name, at) => `${(left[at] ?? "").padEnd(width)}  # ${origins.get(name)?.label ?? "default"}`)
    .join("\n");
}

// --- internal ---

const WIDEST = 56;

function show(name: SettingName, value: unknown): string {
  if (SETTINGS.get(name)?.secret === true && value !== null) return '"(secret)"';
  return typeof value === "function" ? `[function ${value.name || "anonymous"}]` : JSON.stringify(value);
}
