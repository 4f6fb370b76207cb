/** The kinds of values that say where metrics go. */

import { parseAddress } from "../net/address.ts";
import type { SettingType } from "./setting.ts";
import { words } from "./proxy-validators.ts";
import { address, text } from "./validators.ts";

/** Where statsd listens: a host and a port, or a unix socket; kept as it was written. */
export function statsdAddress(): SettingType<string> {
  const allowed = "expected HOST:PORT, such as 127.0.0.1:8125, or unix:PATH";
  const wrong = (): never => {
    throw new Error(allowed);
  };
  return reading(
    address(),
    (text) => {
      const parsed = parseAddress(text);
      if (parsed.kind === "tcp" && !/:\d+$/.test(text.trim())) wrong();
      if (parsed.kind === "tcp" && parsed.port === 0) throw new Error(`${allowed}: nobody listens at port 0`);
    },
    // What can be listened on is more, and so is what that would say.
    (text) => void (/^(?!unix:)\w+:\/\//i.test(text.trim()) && wrong()),
  );
}

/** Where Prometheus finds metrics; a descriptor would have nobody to know it. */
export function metricsAddress(): SettingType<string> {
  return reading(address(), (text) => {
    const parsed = parseAddress(text);
    const hasPort = parsed.kind !== "tcp" || /:\d+\/?$/.test(text.trim());
    if (parsed.kind === "fd" || !hasPort)
      throw new Error("expected HOST:PORT, such as 127.0.0.1:9400, :PORT or unix:PATH");
  });
}

/** The beginning of statsd's names; "" is none. */
export function statsdPrefix(): SettingType<string> {
  return reading(text("prefix", "STRING"), (prefix) => {
    // A colon ends a name, a bar its value, and a line break the metric.
    if (!/^([\w-]+(\.[\w-]+)*\.?)?$/.test(prefix))
      throw new Error("expected words of letters, digits, _ and -, with a dot between them, such as shop.web");
  });
}

/** Tags as DogStatsD has them. */
export function tags(): SettingType<readonly string[], readonly string[] | string> {
  const list = words("list of tags", "TAGS");
  const checked = (all: readonly string[]): readonly string[] => {
    const wrong = all.find((tag) => !/^[^\s|#]+$/.test(tag));
    if (wrong === undefined) return all;
    throw new Error(`expected tags such as env:prod, without spaces, | and #: ${JSON.stringify(wrong)} is none`);
  };
  return {
    ...list,
    fromText: (texts) => checked(list.fromText(texts)),
    fromValue: (value) => checked(list.fromValue(value)),
  };
}

// --- internal ---

/** `check` throws what is wrong, and `first` does so before `inner` is asked. */
function reading(
  inner: SettingType<string>,
  check: (text: string) => void,
  first: (text: string) => void = () => {},
): SettingType<string> {
  const checked = (value: unknown): string => {
    if (typeof value === "string") first(value);
    const text = inner.fromValue(value);
    check(text);
    return text;
  };
  return { ...inner, fromText: (texts) => checked(texts.at(-1)), fromValue: checked };
}
